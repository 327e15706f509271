// Finding, opening and gathering samples.
#include "apps/data/samples.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "apps/data/idx.hpp"
#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/data/read_file.hpp"
#include "apps/data/shape.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t endless = std::size_t{1} << 62;
constexpr std::size_t most_values = std::size_t{1} << 29;  // 4 GiB of doubles

constexpr const char* test_images = "t10k-images-idx3-ubyte";
constexpr const char* train_images = "train-images-idx3-ubyte";

/// The images of an MNIST-like set.
std::optional<fs::path> find_set(std::string_view name, bool train) {
  const char* file = train ? train_images : test_images;
  for (const fs::path& place : data_folders(name))
    if (auto found = find_file(place / file)) return found;
  return std::nullopt;
}

/// MNIST keeps `X-labels-idx1-ubyte` beside `X-images-idx3-ubyte`.
std::vector<int> labels_beside(const fs::path& images, std::size_t count) {
  std::string name = images.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const std::string_view ending = "images-idx3-ubyte";
  if (!name.ends_with(ending)) return {};
  name.replace(name.size() - ending.size(), ending.size(), "labels-idx1-ubyte");
  const auto path = find_file(images.parent_path() / name);
  if (!path) return {};
  const IdxArray array = read_idx(*path);
  if (array.shape != std::vector{count})
    throw Error(fmt::format("{}: labels of shape {} for {} images; get the pair of files again",
                            path->string(), shape_text(array.shape), count));
  if (array.type == IdxType::f32 || array.type == IdxType::f64)
    throw Error(path->string() + ": labels that are no integers; get the pair of files again");
  std::vector<int> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(static_cast<int>(array.at(i)));
  return labels;
}

std::size_t parse_index(std::string_view text, std::string_view whole) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value >= endless)
    throw Error(
        fmt::format("samples \"{}\": \"{}\" is no number; write 3, 0..9 or 0..2,7", whole, text));
  return value;
}

}  // namespace

std::optional<fs::path> find_file(const fs::path& plain) {
  std::error_code ignored;
  fs::path packed = plain;
  packed += ".gz";
  for (const fs::path& path : {plain, packed})
    if (fs::exists(path, ignored)) return path;
  return std::nullopt;
}

std::vector<fs::path> data_folders(std::string_view name) {
  std::vector<fs::path> out;
  if (const char* folder = std::getenv("CLOCKLESS_DATA"); folder != nullptr && *folder != '\0')
    out.push_back(fs::path(folder) / name);
  out.push_back(fs::path("/usr/share/datasets") / name);
  return out;
}

std::string training_data(const std::string& data) {
  if (data == "mnist" || data == "fashion-mnist") return data + "-train";
  const auto file = find_file(fs::path(data) / train_images);
  return file ? file->string() : data;
}

std::optional<SampleSource> test_set_beside(const SampleSource& training) {
  const fs::path path = training.name();
  std::string name = path.filename().string();
  if (!name.starts_with("train-")) return std::nullopt;
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto found = find_file(path.parent_path() / name.replace(0, 5, "t10k"));
  if (!found) return std::nullopt;
  return SampleSource(found->string());
}

std::size_t SampleRange::count() const {
  std::size_t n = 0;
  for (const auto& [first, last] : intervals) n += last - first + 1;
  return n;
}

SampleRange parse_range(std::string_view text) {
  constexpr std::size_t most = std::size_t{1} << 31;
  SampleRange range;
  std::size_t count = 0;
  for (std::string_view rest = text;;) {
    const auto comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const auto dots = part.find("..");
    const std::size_t first = parse_index(part.substr(0, dots), text);
    const std::size_t last =
        dots == std::string_view::npos ? first : parse_index(part.substr(dots + 2), text);
    if (last < first)
      throw Error(fmt::format("samples \"{}\": {} comes before {}; write the lesser first", text,
                              first, last));
    count += std::min(most, last - first) + 1;
    if (count > most)
      throw Error(fmt::format("samples \"{}\": more than {} samples; ask for fewer", text, most));
    range.intervals.emplace_back(first, last);
    if (comma == std::string_view::npos) return range;
    rest.remove_prefix(comma + 1);
  }
}

SampleSource::SampleSource(std::string_view data, const SampleOptions& options) {
  constexpr std::string_view train = "-train";
  const bool training = data.ends_with(train);
  const std::string_view name = training ? data.substr(0, data.size() - train.size()) : data;
  if (data == "dead-leaves" || (data == "auto" && !find_set("fashion-mnist", false)))
    open_dead_leaves(options);
  else if (data == "auto")
    open_set("fashion-mnist", false);
  else if (name == "mnist" || name == "fashion-mnist")
    open_set(name, training);
  else
    open_path(std::string(data));
}

void SampleSource::open_set(std::string_view name, bool train) {
  if (const auto path = find_set(name, train)) return open_idx(path->string());
  std::string looked;
  for (const fs::path& place : data_folders(name))
    looked += (looked.empty() ? "" : ", ") + place.string();
  throw Error(fmt::format(
      "{}: not found; looked in {}; {}", name, looked,
      name == "mnist"
          ? "put its four *-ubyte.gz files into a folder mnist and set CLOCKLESS_DATA to "
            "the folder above, or use fashion-mnist or dead-leaves"
          : "install Debian's package dataset-fashion-mnist, or put its four *-ubyte.gz "
            "files into $CLOCKLESS_DATA/fashion-mnist, or use dead-leaves"));
}

void SampleSource::open_path(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw Error(
        fmt::format("data \"{}\": neither a file, a folder nor one of auto, fashion-mnist, "
                    "mnist (-train), dead-leaves; check the path or the name",
                    path));
  if (fs::is_directory(path, ignored)) return open_folder(path);
  const auto start = read_start(path, 16);
  if (is_gzip(start) || is_idx(start)) return open_idx(path);
  if (!start.empty() && start[0] == std::byte{0x93}) return open_npy(path);
  if (!is_image(start))
    throw Error(fmt::format("{}: of no known format; give IDX (.gz), npy, PGM, PNG or JPEG", path));
  images_ = {path};
  open_images(path);
}

void SampleSource::open_idx(const std::string& path) {
  const auto array = std::make_shared<const IdxArray>(read_idx(path));
  origin_ = path;
  count_ = array->items();
  labels_ = labels_beside(path, count_);
  sample_ = [array](std::size_t i) {
    const bool image = array->shape.size() == 3;
    Sample sample{image ? array->shape[2] : 0, image ? array->shape[1] : 0,
                  std::vector<double>(array->item_size())};
    array->copy_item(i, sample.values);
    return sample;
  };
}

void SampleSource::open_npy(const std::string& path) {
  const auto array = std::make_shared<const NpyArray>(read_npy(path));
  const auto& shape = array->shape;
  if (shape.size() != 2 && shape.size() != 3)
    throw Error(
        fmt::format("{}: an array of shape {} holds no samples; save samples x features or "
                    "samples x height x width",
                    path, shape_text(shape)));
  origin_ = path;
  count_ = shape[0];
  sample_ = [array](std::size_t i) {
    const bool image = array->shape.size() == 3;
    const auto size = static_cast<std::ptrdiff_t>(array->values.size() / array->shape[0]);
    const auto from = array->values.begin() + static_cast<std::ptrdiff_t>(i) * size;
    return Sample{image ? array->shape[2] : 0, image ? array->shape[1] : 0, {from, from + size}};
  };
}

void SampleSource::open_folder(const std::string& path) {
  if (const auto set = find_file(fs::path(path) / test_images)) return open_idx(set->string());
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file() && is_image(read_start(entry->path(), 16)))
      images_.push_back(entry->path());
  if (error)
    throw Error(fmt::format("{}: cannot list: {}; check its permissions", path, error.message()));
  if (images_.empty())
    throw Error(fmt::format("{}: no PGM, PNG or JPEG image in this folder; choose another", path));
  std::sort(images_.begin(), images_.end());
  open_images(path);
}

void SampleSource::open_images(const std::string& path) {
  origin_ = path;
  count_ = images_.size();
  sample_ = [images = images_](std::size_t i) {
    const Image image = read_image(images[i]);
    return Sample{image.width, image.height, {image.pixels.begin(), image.pixels.end()}};
  };
}

void SampleSource::open_dead_leaves(const SampleOptions& options) {
  origin_ = fmt::format("dead-leaves, seed {}", options.seed);
  count_ = endless;
  sample_ = [options](std::size_t i) {
    const Image image = dead_leaves(options.dead_leaves, options.seed, i);
    return Sample{image.width, image.height, {image.pixels.begin(), image.pixels.end()}};
  };
}

std::string SampleSource::name() const {
  return count_ == endless ? "dead-leaves" : fs::canonical(origin_).string();
}

Samples SampleSource::load(const SampleRange& range) const {
  for (const auto& [first, last] : range.intervals)
    if (last >= count_)
      throw Error(fmt::format("{}: sample {} was asked for, it holds {}{}; ask for less", origin_,
                              last, count_, count_ > 0 ? fmt::format(" (0..{})", count_ - 1) : ""));
  const std::size_t count = range.count();
  Samples out;
  out.origin = origin_;
  std::size_t column = 0, features = 0;
  for (const auto& [first, last] : range.intervals)
    for (std::size_t i = first; i <= last; ++i, ++column) {
      const Sample sample = sample_(i);
      if (column == 0) {
        out.width = sample.width;
        out.height = sample.height;
        features = sample.values.size();
        if (features == 0) throw Error(origin_ + ": its samples are empty; choose other data");
        if (count > most_values / features)
          throw Error(fmt::format("{}: {} samples of {} values need more than 4 GiB; ask for fewer",
                                  origin_, count, features));
        out.values.resize(static_cast<Eigen::Index>(features), static_cast<Eigen::Index>(count));
      }
      if (sample.width != out.width || sample.values.size() != features)
        throw Error(
            fmt::format("{}: sample {} is {} x {} pixels, the ones before {} x {}; make all "
                        "of one size",
                        origin_, i, sample.width, sample.height, out.width, out.height));
      require_finite(sample.values, fmt::format("{}, sample {}", origin_, i));
      out.values.col(static_cast<Eigen::Index>(column)) = Eigen::Map<const Eigen::VectorXd>(
          sample.values.data(), static_cast<Eigen::Index>(features));
      if (!labels_.empty()) out.labels.push_back(labels_[i]);
    }
  return out;
}

double natural_scale(const Eigen::MatrixXd& samples) {
  const bool bytes = samples.size() > 0 && samples.minCoeff() >= 0 && samples.maxCoeff() > 1 &&
                     samples.maxCoeff() <= 255 &&
                     (samples.array() == samples.array().round()).all();
  return bytes ? 1.0 / 255 : 1.0;
}

Samples load_samples(std::string_view data, const SampleRange& range,
                     const SampleOptions& options) {
  return SampleSource(data, options).load(range);
}

}  // namespace clockless
