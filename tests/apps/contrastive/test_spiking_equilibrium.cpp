// Spiking equilibrium propagation by plans: what each plan makes of the network, and of learning.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/contrastive/spiking_equilibrium.hpp"
#include "core/parallel.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Eigen::Index;

namespace {

LabelledData prepared(const std::string& data) {
  Settings settings;
  declare_labelled_data(settings, data);
  Run run(settings);
  return prepare_labelled_data(run);
}

}  // namespace

TEST_CASE("each plan changes what it names of the spiking network, and nothing else",
          "[app][flexible-phases]") {
  const LabelledData data = prepared("xor");
  const auto options = [&](const char* plan, const char* graph = "layered") {
    return SpikingEquilibrium(graph, {data, phase_plan(plan).plan, 3}).task().spiking;
  };
  const SpikingOptions rigid = options("rigid");
  using Settling = Teacher::Settling;
  CHECK(rigid.teacher.settling == Settling::fixed);
  CHECK(rigid.teacher.free_tau == 20);
  CHECK(rigid.teacher.nudged_tau == 12);
  CHECK(rigid.modulator_tau == 0.005);
  CHECK(rigid.delay_spread == 0);
  CHECK(rigid.teacher.nudged_first == 0);
  CHECK(options("random_lengths").teacher.settling == Settling::random);
  CHECK(options("quiet_outputs").teacher.settling == Settling::quiet);
  CHECK(options("staggered").modulator_tau == 0.3);
  CHECK(options("staggered").teacher.settling == Settling::fixed);
  CHECK(options("jitter").delay_spread == 1);
  CHECK(options("random_order").teacher.nudged_first == 0.3);
  CHECK(options("random_order").teacher.unlabelled == 0);
  CHECK(options("uneven").teacher.unlabelled == 0.2);
  CHECK(options("uneven").teacher.nudges == 1.5);
  CHECK(options("lost_modulators").lost_modulators == 0.05);
  CHECK(options("lost_spikes").lost_spikes == 1e-4);
  CHECK(options("mismatch").mismatch == 0.1);
  CHECK(!options("no_onset").teacher.onset);
  CHECK(options("hasty").teacher.free_tau < 10);
  CHECK(options("fast").input_rate == 5 * rigid.input_rate);
  const SpikingOptions all = options("all");
  CHECK(all.teacher.settling == Settling::random);
  CHECK(all.modulator_tau == 0.3);
  CHECK(all.delay_spread == 1);
  CHECK(all.teacher.nudges == 1.5);
  CHECK(all.teacher.onset);
  CHECK(options("rigid", "complete").form == rigid.form);
}

TEST_CASE("in two parts the spiking network learns what it learns in one",
          "[app][flexible-phases]") {
  const LabelledData data = prepared("xor");
  const ContrastiveContext context{data, phase_plan("all").plan, 5};
  SpikingEquilibrium whole("layered", context), parts("layered", context);
  whole.learn(100);
  parts.learn(37);
  parts.learn(63);
  CHECK(whole.learner().spike_hash() == parts.learner().spike_hash());
  CHECK(whole.figure() == parts.figure());
}

TEST_CASE("digits are learned by rigid phases and by such of random length", "[app][slow]") {
  const auto file = shared_file("digits8x8/optdigits.tes");
  if (file.empty()) return;
  const DataFolder folder(file.parent_path().parent_path());
  const LabelledData data = prepared("digits8x8");
  const std::vector<const char*> plans{"rigid", "random_lengths"};
  std::vector<double> figures(plans.size());
  Parallel(2).for_each(plans.size(), [&](std::size_t i) {
    SpikingEquilibrium model("layered", {data, phase_plan(plans[i]).plan, 101});
    model.learn(10 * static_cast<std::uint64_t>(data.train.cols()));
    figures[i] = model.figure();
  });
  fmt::print("digits, 10 epochs: rigid {:.2f} %, random lengths {:.2f} %\n", figures[0],
             figures[1]);
  for (const double figure : figures) CHECK(figure > 94);
}
