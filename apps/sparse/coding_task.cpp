// What a sparse coding scenario works on.
#include "apps/sparse/coding_task.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "apps/data/samples.hpp"
#include "apps/sparse/dictionary.hpp"
#include "apps/sparse/memory.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void declare_coding(Settings& s) {
  s.text("data", "auto", "images: auto, fashion-mnist, mnist, dead-leaves, a file or a folder");
  s.text("samples", "0..9", "which of them: 3, 0..9 or 0..2,7").quick(std::string("0"));
  s.real("scale", std::nullopt, "coded is x·scale + shift; default: bytes to 0..1, others as is");
  s.real("shift", 0.0, "see scale");
  s.integer("patch", std::nullopt,
            "side of the patches; 0: the whole at once; default: what the dictionary fits, or 8")
      .range(0, 4096)
      .unit("pixels");
  s.integer("stride", std::nullopt, "from patch to patch; default: 3/8 of a patch")
      .at_least(1)
      .unit("pixels");
  s.flag("keep_mean", false, "code the mean of each patch, too, instead of setting it aside");
  s.text("dictionary", "dct", "dct (overcomplete), exemplars (of the data) or a .npy file");
  s.text("dictionary_layout", "columns", "of the file: columns (features × atoms) or rows")
      .one_of({"columns", "rows"});
  s.integer("atoms", std::nullopt, "of the dictionary; default: 3 per feature, less for large ones")
      .range(1, 1 << 20);
  s.flag("signed", true, "codes of both signs, by pairs of neurons");
  s.real("lambda", std::nullopt, "price of a coefficient, absolute").above(0);
  s.real("lambda_relative", std::nullopt, "the same, of a sample's ‖Dᵀx‖∞; default: 0.03").above(0);
  s.real("duration", 300.0, "simulated per patch").above(0).unit("τ").quick(60.0);
  s.real("tau", 0.01, "time constant of the neurons").range(1e-9, 1e3).unit("s");
  s.text("weights", "double", "width of the lateral weights").one_of({"double", "float", "int8"});
  s.real("delay", 0.0, "of lateral spikes; above 0 --cores can split the layer")
      .range(0, 1e3)
      .unit("τ");
  s.real("lateral", 1.0, "gain of lateral inhibition; only 1 solves the problem, < 0 excites")
      .range(-1e6, 1e6);
}

namespace {

bool from_file(const Settings& s) {
  const auto name = s.get<std::string>("dictionary");
  return name != "dct" && name != "exemplars";
}

void check_settings(const Settings& s) {
  if (s.has("lambda") && s.has("lambda_relative"))
    s.fail("lambda_relative", "lambda is given, too; give one of the two");
  const double simulated = s.get<double>("duration") * s.get<double>("tau");
  if (simulated > 9e6)
    s.fail("duration", "more than 104 days of simulated time; shorten duration or tau");
  if (simulated < 1e-9)
    s.fail("duration", fmt::format("times tau = {} s this is less than 1 ns, a thousand ticks of "
                                   "the clock; lengthen duration or tau",
                                   s.get<double>("tau")));
}

SampleSource open_data(const Run& run) {
  SampleOptions options;
  options.seed = run.seed;
  options.dead_leaves.width = options.dead_leaves.height = 48;
  options.dead_leaves.r_max = 24;
  return SampleSource(run.settings.get<std::string>("data"), options);
}

/// Those asked for; of the default ones, those that there are.
SampleRange wanted_samples(Run& run, const SampleSource& source) {
  const auto text = run.settings.get<std::string>("samples");
  SampleRange range = parse_range(text);
  auto& [first, last] = range.intervals.back();
  if (run.settings.given("samples") || last < source.count() || source.count() <= first)
    return range;
  last = source.count() - 1;
  run.resolve("samples", fmt::format("{}..{}", first, last));
  return range;
}

/// The side of the patches: as asked, or such that a dictionary from a file fits, or 8.
std::size_t patch_side(const Settings& s, const Samples& like, Index file_features) {
  if (s.has("patch")) return s.get<std::size_t>("patch");
  const auto whole = like.values.rows();
  if (like.width == 0 || file_features == whole) return 0;
  const auto side = file_features > 0
                        ? static_cast<Index>(std::lround(std::sqrt(double(file_features))))
                        : std::min<Index>(8, static_cast<Index>(std::min(like.width, like.height)));
  return file_features > 0 && side * side != file_features ? 0 : static_cast<std::size_t>(side);
}

PatchOptions patch_options(Run& run, const Samples& like, Index file_features) {
  const Settings& s = run.settings;
  PatchOptions patches;
  patches.patch = patch_side(s, like, file_features);
  if (patches.patch > 0) require_images(like);
  patches.stride = s.has("stride") ? s.get<std::size_t>("stride")
                                   : std::max<std::size_t>(1, 3 * patches.patch / 8);
  patches.remove_mean = patches.patch > 0 && !s.get<bool>("keep_mean");
  run.resolve("patch", static_cast<std::int64_t>(patches.patch));
  run.resolve("stride", static_cast<std::int64_t>(patches.stride));
  return patches;
}

Index atoms_wanted(Run& run, Index features, Index file_atoms) {
  const Settings& s = run.settings;
  if (s.has("atoms") && file_atoms > 0 && s.get<Index>("atoms") != file_atoms)
    s.fail("atoms", fmt::format("{} has {}; leave the setting out",
                                s.get<std::string>("dictionary"), file_atoms));
  const Index atoms = file_atoms > 0   ? file_atoms
                      : s.has("atoms") ? s.get<Index>("atoms")
                                       : std::min(3 * features, std::max<Index>(features, 768));
  run.resolve("atoms", static_cast<std::int64_t>(atoms));
  return atoms;
}

WeightWidth weight_width(const Settings& s) {
  const auto width = s.get<std::string>("weights");
  if (width == "int8") return WeightWidth::int8;
  return width == "float" ? WeightWidth::float32 : WeightWidth::float64;
}

CodingSize coding_size(const Run& run, const Samples& like, const SampleRange& range,
                       const PatchOptions& patches, Index atoms) {
  CodingSize size;
  size.pixels = size.features = like.values.rows();
  size.samples = static_cast<Index>(range.count());
  size.patches = 1;
  if (patches.patch > 0) {
    const PatchGrid grid =
        patch_grid(like.width, like.height, patches.patch, patches.patch, patches.stride);
    size.features = static_cast<Index>(grid.features());
    size.patches = static_cast<Index>(grid.count());
  }
  size.atoms = atoms;
  size.signed_codes = run.settings.get<bool>("signed");
  size.weight_bytes = weight_width(run.settings) == WeightWidth::float32 ? 4 : 8;
  size.threads = static_cast<std::size_t>(run.threads);
  return size;
}

/// Squares of what is coded, and of those in turn, must neither overflow nor vanish.
void check_magnitude(const Settings& s, const PatchedSamples& data, double scale) {
  for (Index i = 0; i < data.samples(); ++i) {
    const double largest = data.sample(i).cwiseAbs().maxCoeff();
    if (largest == 0 || (data.sample(i).allFinite() && largest >= 1e-100 && largest <= 1e100))
      continue;
    const double shift = s.get<double>("shift");
    const bool shifted = std::abs(shift) > 1e100;
    throw Error(
        fmt::format("{} = {}: x·scale + shift reaches {:.3g}, out of the range of 1e-100 "
                    "to 1e100 that can be coded; choose {} so that it is about 1",
                    shifted ? "shift" : "scale", shifted ? shift : scale, largest,
                    shifted ? "shift" : "scale"));
  }
}

/// Samples to draw exemplars from: others than those that are coded, if there are any.
MatrixXd exemplar_pool(const SampleSource& source, const SampleRange& coded,
                       const PatchedSamples& data, double scale, double shift, PatchOptions patches,
                       Index atoms) {
  const auto used = [&](std::size_t i) {
    return std::any_of(coded.intervals.begin(), coded.intervals.end(),
                       [i](const auto& range) { return range.first <= i && i <= range.second; });
  };
  const std::size_t wanted = static_cast<std::size_t>(4 * atoms / data.patches() + 8);
  const std::size_t reach = std::min<std::size_t>(source.count(), 1 << 20);
  const std::size_t step = std::max<std::size_t>(1, reach / wanted);
  SampleRange pool;
  for (std::size_t i = 0; i < reach && pool.intervals.size() < wanted; i += step)
    if (!used(i)) pool.intervals.emplace_back(i, i);
  if (pool.intervals.empty()) return data.columns();
  return PatchedSamples(source.load(pool), scale, shift, patches).columns();
}

LcaOptions lca_options(const Run& run, Index columns) {
  const Settings& s = run.settings;
  LcaOptions options;
  options.signed_codes = s.get<bool>("signed");
  options.tau_s = s.get<double>("tau");
  options.delay = s.get<double>("delay");
  options.lateral = s.get<double>("lateral");
  options.weights = weight_width(s);
  options.cores = static_cast<std::size_t>(run.cores);
  options.machine = run.machine;
  if (columns == 1) options.threads = static_cast<unsigned>(run.threads);
  return options;
}

/// A sample is one problem, whose λ holds for all its patches. Where Dᵀx is zero but for rounding,
/// so is the code, whatever λ is.
std::vector<double> prices(Run& run, const PatchedSamples& data, const LcaNetwork& network) {
  const Settings& s = run.settings;
  const double relative = s.has("lambda_relative") ? s.get<double>("lambda_relative") : 0.03;
  if (!s.has("lambda")) run.resolve("lambda_relative", relative);
  const VectorXd norms = network.gram().diagonal();
  const double longest = std::sqrt(norms.maxCoeff());
  const double ticks = network.options().tau_s * 1e12;
  std::vector<double> lambdas;
  for (Index i = 0; i < data.samples() && !interrupted(); ++i) {
    double largest = 0, busiest = 0;
    for (Index p = 0; p < data.patches(); ++p) {
      const VectorXd pull =
          (network.dictionary().transpose() * data.columns().col(i * data.patches() + p))
              .cwiseAbs();
      largest = std::max(largest, pull.maxCoeff());
      busiest = std::max(busiest, pull.cwiseQuotient(norms).maxCoeff());
    }
    if (busiest > 0.1 * ticks)
      throw Error(
          fmt::format("scale: a neuron would spike {:.2g} times per tau of {:.2g} ticks; "
                      "lower scale and shift, or raise tau or the size of the atoms",
                      busiest, ticks));
    if (largest <= 1e-12 * data.sample(i).norm() * longest) largest = 1;
    lambdas.push_back(s.has("lambda") ? s.get<double>("lambda") : relative * largest);
  }
  return lambdas;
}

}  // namespace

CodingTask prepare_coding(Run& run) {
  namespace fs = std::filesystem;
  const Settings& s = run.settings;
  check_settings(s);
  const SampleSource source = open_data(run);
  run.resolve("data", source.name());
  const SampleRange range = wanted_samples(run, source);
  const std::size_t first = range.intervals.front().first;
  const Samples like = source.load({{{first, first}}});

  const auto name = s.get<std::string>("dictionary");
  MatrixXd dictionary;
  if (from_file(s)) {
    dictionary =
        load_dictionary(name, parse_dictionary_layout(s.get<std::string>("dictionary_layout")));
    run.resolve("dictionary", fs::canonical(name).string());
  }
  const PatchOptions patches = patch_options(run, like, dictionary.rows());
  if (patches.patch > 0) require_images(like);
  const Index features =
      patches.patch > 0 ? static_cast<Index>(patches.patch * patches.patch) : like.values.rows();
  if (from_file(s)) check_dictionary(dictionary, features, name);
  if (name == "dct" && like.width == 0)
    s.fail("dictionary", like.origin + " holds no images; use exemplars or a .npy file");
  const Index atoms = atoms_wanted(run, features, dictionary.cols());
  require_memory(coding_size(run, like, range, patches, atoms));

  const Samples samples = source.load(range);
  const double scale = s.has("scale") ? s.get<double>("scale") : natural_scale(samples.values);
  const double shift = s.get<double>("shift");
  run.resolve("scale", scale);
  CodingTask task{PatchedSamples(samples, scale, shift, patches),
                  samples.origin,
                  nullptr,
                  {},
                  s.get<double>("duration")};
  check_magnitude(s, task.data, scale);
  if (name == "exemplars")
    dictionary = exemplars(exemplar_pool(source, range, task.data, scale, shift, patches, atoms),
                           atoms, run.seed, patches.remove_mean);
  else if (name == "dct")
    dictionary = overcomplete_dct(static_cast<Index>(task.data.column_height()),
                                  static_cast<Index>(task.data.column_width()), atoms);
  task.network = std::make_unique<LcaNetwork>(std::move(dictionary),
                                              lca_options(run, task.data.columns().cols()));
  task.lambdas = prices(run, task.data, *task.network);
  return task;
}

}  // namespace clockless
