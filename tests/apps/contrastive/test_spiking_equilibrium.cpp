// Spiking equilibrium propagation by plans: what each plan makes of the network, and of learning.
#include <functional>
#include <map>
#include <string>
#include <string_view>
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
  using Settling = Teacher::Settling;
  using Change = std::function<void(SpikingOptions&)>;
  const auto late = [](SpikingOptions& o) {
    o.modulator_tau = 0.3;
    o.teacher.rest_tau = 2 * 0.3 + 0.1;  // until the last has heard that gathering ends
  };
  const auto drawn = [](SpikingOptions& o) { o.teacher.nudged_first = 0.3; };
  const auto uneven = [drawn](SpikingOptions& o) {
    drawn(o);
    o.teacher.unlabelled = 0.2;
    o.teacher.nudges = 1.5;
  };
  const auto lengths = [](SpikingOptions& o) { o.teacher.settling = Settling::random; };
  const auto jitter = [](SpikingOptions& o) { o.delay_spread = 1; };
  const auto lost_modulators = [](SpikingOptions& o) {
    o.lost_modulators = 0.05;
    o.teacher.reminders = 5;
  };
  const auto lost_spikes = [](SpikingOptions& o) {
    o.lost_spikes = 1e-4;
    o.retold = 0.1;
  };
  const auto mismatch = [](SpikingOptions& o) { o.mismatch = 0.1; };
  const std::map<std::string_view, Change> changes{
      {"rigid", [](SpikingOptions&) {}},
      {"random_order", drawn},
      {"uneven", uneven},
      {"random_lengths", lengths},
      {"quiet_outputs",
       [](SpikingOptions& o) {
         o.teacher.settling = Settling::quiet;
         o.teacher.free_tau = Teacher::Params{}.free_tau;  // which then mean nothing
         o.teacher.nudged_tau = Teacher::Params{}.nudged_tau;
       }},
      {"staggered", late},
      {"jitter", jitter},
      {"lost_modulators", lost_modulators},
      {"lost_spikes", lost_spikes},
      {"mismatch", mismatch},
      {"together",
       [&](SpikingOptions& o) {
         for (const Change& change :
              {Change(late), Change(uneven), Change(lengths), Change(jitter),
               Change(lost_modulators), Change(lost_spikes), Change(mismatch)})
           change(o);
       }},
      {"no_onset", [](SpikingOptions& o) { o.teacher.onset = false; }},
      {"hasty", [](SpikingOptions& o) { o.teacher.free_tau = 2; }},
      {"many_lost", [](SpikingOptions& o) { o.lost_spikes = 1e-2; }},
      {"fast",
       [](SpikingOptions& o) {
         for (double* rate : {&o.input_rate, &o.forward_rate, &o.feedback_rate, &o.lateral_rate})
           *rate *= 20;
       }},
  };
  const LabelledData data = prepared("xor");
  for (const char* graph : {"layered", "complete"}) {
    const auto task = [&](std::string_view plan) {
      return SpikingEquilibrium(graph, {data, phase_plan(plan).plan, 3}).task();
    };
    const EquilibriumTask rigid = task("rigid");
    CHECK(rigid.spiking.teacher.settling == Settling::fixed);
    CHECK(rigid.spiking.teacher.free_tau == 30);
    CHECK(rigid.spiking.teacher.nudged_tau == 24);
    CHECK(rigid.spiking.teacher.nudged_first == 0);
    CHECK(rigid.spiking.teacher.reminders == 1);
    CHECK(rigid.spiking.modulator_tau == 0.005);
    CHECK(rigid.spiking.delay_spread == 0);
    for (const std::string_view plan : spiking_equilibrium_kind(graph).plans) {
      INFO(graph << ' ' << plan);
      const EquilibriumTask relaxed = task(plan);
      SpikingOptions wanted = rigid.spiking;
      REQUIRE(changes.contains(plan));
      changes.at(plan)(wanted);
      CHECK(relaxed.spiking == wanted);
      CHECK(relaxed.graph.input_weights == rigid.graph.input_weights);
      CHECK(relaxed.graph.recurrent == rigid.graph.recurrent);
      CHECK(relaxed.graph.leak == rigid.graph.leak);
      CHECK(relaxed.label == rigid.label);
      CHECK(relaxed.epochs == rigid.epochs);
      CHECK(relaxed.rate_decay == rigid.rate_decay);
      CHECK(relaxed.pruning.by == PruningPlan::By::none);
    }
  }
}

TEST_CASE("in two parts the spiking network learns what it learns in one",
          "[app][flexible-phases]") {
  const LabelledData data = prepared("xor");
  const ContrastiveContext context{data, phase_plan("together").plan, 5};
  SpikingEquilibrium whole("layered", context), parts("layered", context);
  whole.learn(100);
  parts.learn(37);
  parts.learn(63);
  CHECK(whole.learner().spike_hash() == parts.learner().spike_hash());
  CHECK(whole.figure() == parts.figure());
}

TEST_CASE("digits are learned by relaxed phases, and not by what breaks learning", "[app][slow]") {
  const auto file = shared_file("digits8x8/optdigits.tes");
  if (file.empty()) return;
  const DataFolder folder(file.parent_path().parent_path());
  const LabelledData data = prepared("digits8x8");
  const std::vector<const char*> plans{"rigid", "random_lengths", "together", "no_onset",
                                       "hasty", "many_lost",      "fast"};
  std::map<std::string_view, double> figures;
  for (const char* plan : plans) figures[plan] = 0;
  Parallel(2).for_each(plans.size(), [&](std::size_t i) {
    SpikingEquilibrium model("layered", {data, phase_plan(plans[i]).plan, 101});
    model.learn(10 * static_cast<std::uint64_t>(data.train.cols()));
    figures.at(plans[i]) = model.figure();
  });
  for (const char* plan : plans)
    fmt::print("digits, 10 epochs, {}: {:.2f} %\n", plan, figures[plan]);
  for (const char* relaxed : {"rigid", "random_lengths", "together"}) CHECK(figures[relaxed] > 94);
  for (const char* broken : {"no_onset", "hasty", "many_lost", "fast"})
    CHECK(figures[broken] < figures["rigid"] - 5);
}
