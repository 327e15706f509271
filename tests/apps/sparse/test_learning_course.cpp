// The table of a course of learning: a row per point, the reference where it was looked at.
#include <nlohmann/json.hpp>

#include "apps/sparse/learning_course.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;

TEST_CASE("curves.csv has a row per point, and the reference where it was looked at", "[app]") {
  LearningPoint first, last;
  first.objective = 0.5;
  last.samples = 128;
  last.objective = 0.1 + 0.2;
  last.non_zeros = 3.5;
  last.consistency = 0.75;
  last.symmetry = 0.875;
  last.least_norm = 0.9;
  last.greatest_norm = 1.25;
  last.activity = 0.0625;
  last.lateral_step = 1.5;
  last.greatest_cost = 0.25;
  last.spikes = 1234.5;
  last.energy_j = 1e-7;
  DictionaryReference reference;
  reference.objective = {{100, 9.0}, {128, 0.4}};
  const TemporaryFolder folder;
  write_curves(folder / "curves.csv", {first, last}, reference);
  CHECK(contents(folder / "curves.csv") ==
        "samples,test_objective,reference_test_objective,non_zeros,consistency,symmetry,"
        "least_norm,greatest_norm,activity,lateral_step,greatest_cost,spikes_per_sample,energy_per_"
        "sample_j\n"
        "0,0.5,,0,1,1,1,1,0,0,0,0,0\n"
        "128,0.30000000000000004,0.4,3.5,0.75,0.875,0.9,1.25,0.0625,1.5,0.25,1234.5,1e-07\n");
  // What a checkpoint keeps of it is all of it.
  const auto kept = nlohmann::json::parse(nlohmann::json(std::vector{first, last}).dump())
                        .get<std::vector<LearningPoint>>();
  write_curves(folder / "again.csv", kept, reference);
  CHECK(contents(folder / "again.csv") == contents(folder / "curves.csv"));
}
