// What a sparse coding scenario works on.
#include "apps/sparse/coding_task.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/data/samples.hpp"
#include "apps/sparse/dictionary.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

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

Index atoms_wanted(const Settings& s, Index features) {
  if (s.has("atoms")) return s.get<Index>("atoms");
  return std::min(3 * features, std::max<Index>(features, 768));
}

/// The side of the patches: as asked, or such that a dictionary from a file fits, or 8.
std::size_t patch_side(const Settings& s, const Samples& samples, Index file_features) {
  if (s.has("patch")) return s.get<std::size_t>("patch");
  const auto whole = samples.values.rows();
  if (samples.width == 0 || file_features == whole) return 0;
  const auto side =
      file_features > 0
          ? static_cast<Index>(std::lround(std::sqrt(double(file_features))))
          : std::min<Index>(8, static_cast<Index>(std::min(samples.width, samples.height)));
  return file_features > 0 && side * side != file_features ? 0 : static_cast<std::size_t>(side);
}

/// Samples to draw exemplars from: others than those that are coded, if there are any.
MatrixXd exemplar_pool(const SampleSource& source, const SampleRange& coded, const CodingTask& like,
                       double scale, double shift, PatchOptions patches, Index atoms) {
  const auto used = [&](std::size_t i) {
    return std::any_of(coded.intervals.begin(), coded.intervals.end(),
                       [i](const auto& range) { return range.first <= i && i <= range.second; });
  };
  const std::size_t wanted = static_cast<std::size_t>(4 * atoms / like.data.patches() + 8);
  const std::size_t reach = std::min<std::size_t>(source.count(), 1 << 20);
  const std::size_t step = std::max<std::size_t>(1, reach / wanted);
  SampleRange pool;
  for (std::size_t i = 0; i < reach && pool.intervals.size() < wanted; i += step)
    if (!used(i)) pool.intervals.emplace_back(i, i);
  if (pool.intervals.empty()) return like.data.columns();
  return PatchedSamples(source.load(pool), scale, shift, patches).columns();
}

}  // namespace

CodingTask prepare_coding(const Run& run) {
  const Settings& s = run.settings;
  if (s.has("lambda") && s.has("lambda_relative"))
    s.fail("lambda_relative", "lambda is given, too; give one of the two");
  if (s.get<double>("duration") * s.get<double>("tau") > 9e6)
    s.fail("duration", "more than 104 days of simulated time; shorten duration or tau");
  SampleOptions sample_options;
  sample_options.seed = run.seed;
  sample_options.dead_leaves.width = sample_options.dead_leaves.height = 48;
  sample_options.dead_leaves.r_max = 24;
  const SampleSource source(s.get<std::string>("data"), sample_options);
  const SampleRange range = parse_range(s.get<std::string>("samples"));
  const Samples samples = source.load(range);

  const auto name = s.get<std::string>("dictionary");
  MatrixXd dictionary;
  if (from_file(s))
    dictionary =
        load_dictionary(name, parse_dictionary_layout(s.get<std::string>("dictionary_layout")));
  PatchOptions patches;
  patches.patch = patch_side(s, samples, dictionary.rows());
  patches.stride = s.has("stride") ? s.get<std::size_t>("stride")
                                   : std::max<std::size_t>(1, 3 * patches.patch / 8);
  patches.remove_mean = patches.patch > 0 && !s.get<bool>("keep_mean");
  const double scale = s.has("scale") ? s.get<double>("scale") : natural_scale(samples.values);
  const double shift = s.get<double>("shift");
  CodingTask task{PatchedSamples(samples, scale, shift, patches),
                  samples.origin,
                  nullptr,
                  {},
                  s.get<double>("duration")};

  const Index features = task.data.columns().rows();
  if (from_file(s)) {
    check_dictionary(dictionary, features, name);
    if (s.has("atoms") && s.get<Index>("atoms") != dictionary.cols())
      s.fail("atoms", fmt::format("{} has {}; leave the setting out", name, dictionary.cols()));
  } else if (name == "exemplars") {
    const Index atoms = atoms_wanted(s, features);
    dictionary = exemplars(exemplar_pool(source, range, task, scale, shift, patches, atoms), atoms,
                           run.seed, patches.remove_mean);
  } else {
    if (!task.data.image())
      s.fail("dictionary", task.origin + " holds no images; use exemplars or a .npy file");
    const auto side = [](std::size_t n) { return static_cast<Index>(n); };
    dictionary = overcomplete_dct(side(task.data.column_height()), side(task.data.column_width()),
                                  atoms_wanted(s, features));
  }

  LcaOptions options;
  options.signed_codes = s.get<bool>("signed");
  options.tau_s = s.get<double>("tau");
  options.delay = s.get<double>("delay");
  options.lateral = s.get<double>("lateral");
  const auto width = s.get<std::string>("weights");
  options.weights = width == "int8"    ? WeightWidth::int8
                    : width == "float" ? WeightWidth::float32
                                       : WeightWidth::float64;
  options.cores = static_cast<std::size_t>(run.cores);
  if (task.data.columns().cols() == 1) options.threads = static_cast<unsigned>(run.threads);
  const double neurons = static_cast<double>(dictionary.cols()) * (options.signed_codes ? 2 : 1);
  if (neurons * neurons * 8 > 0x1p34)
    throw Error(fmt::format("{} neurons, all joined to all, need more than 16 GiB; use fewer atoms",
                            neurons));
  task.network = std::make_unique<LcaNetwork>(std::move(dictionary), options);

  // A sample is one problem, whose λ holds for all its patches. Where all is zero, so is the code,
  // whatever λ is.
  const double relative = s.has("lambda_relative") ? s.get<double>("lambda_relative") : 0.03;
  for (Index i = 0; i < task.data.samples(); ++i) {
    const auto columns =
        task.data.columns().middleCols(i * task.data.patches(), task.data.patches());
    const double largest = (task.network->dictionary().transpose() * columns).cwiseAbs().maxCoeff();
    task.lambdas.push_back(s.has("lambda") ? s.get<double>("lambda")
                                           : relative * (largest > 0 ? largest : 1.0));
  }
  return task;
}

}  // namespace clockless
