// What a dictionary learner without spikes makes of the same samples.
#include "apps/sparse/dictionary_reference.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "apps/solvers/dictionary_objective.hpp"
#include "apps/solvers/online_dictionary.hpp"
#include "apps/solvers/sgd_dictionary.hpp"
#include "core/parallel.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

struct Course {
  std::vector<std::pair<std::uint64_t, double>> objective;
  MatrixXd dictionary;
};

/// Feeds a learner up to the last look, `batch` samples a step.
template <class Learner>
Course follow(Learner& learner, const DictionaryTask& task, const std::vector<std::uint64_t>& looks,
              std::uint64_t batch, Parallel& parallel,
              const std::function<void(std::uint64_t)>& advance) {
  Course course;
  std::uint64_t done = 0;
  for (const std::uint64_t look : looks) {
    while (done < look && !interrupted()) {
      const std::uint64_t size = std::min(batch, look - done);
      MatrixXd samples(task.data.features, static_cast<Index>(size));
      for (std::uint64_t k = 0; k < size; ++k)
        samples.col(static_cast<Index>(k)) = task.data.sample(done + k);
      learner.learn(samples);
      done += size;
      advance(size);
    }
    if (interrupted()) break;
    course.objective.emplace_back(
        done, task.relative(dictionary_objective(learner.dictionary(), task.data.test,
                                                 task.options.lambda1, parallel)
                                .objective));
  }
  course.dictionary = learner.dictionary();
  return course;
}

Course sgd(const DictionaryTask& task, double rate, const std::vector<std::uint64_t>& looks,
           const std::function<void(std::uint64_t)>& advance) {
  SgdOptions options;
  options.lambda = task.options.lambda1;
  options.learning_rate = rate / (task.amplitude * task.amplitude);
  if (task.options.halving > 0) options.half_rate_samples = task.options.halving;
  SgdDictionary learner({task.weights.feedback, 0}, options);
  Parallel serial;
  return follow(learner, task, looks, 1, serial, advance);
}

double last(const Course& course) {
  return course.objective.empty() ? std::numeric_limits<double>::infinity()
                                  : course.objective.back().second;
}

/// Rates 2^k times the network's own, until the best has neighbours on both sides.
DictionaryReference best_sgd(const Run& run, const DictionaryTask& task,
                             const std::vector<std::uint64_t>& looks) {
  constexpr int widest = 12;
  std::map<int, Course> courses;
  Parallel parallel(static_cast<unsigned>(run.threads));
  const double unit = task.learning_rate > 0 ? task.learning_rate : 1;
  const auto rate = [&](int k) { return unit * std::exp2(k); };
  std::vector<int> wanted = {-1, 0, 1, 2};
  int best = 0;
  while (!wanted.empty() && !interrupted()) {
    std::vector<Course> made(wanted.size());
    Progress bar = run.progress(fmt::format("reference: sgd, {} rates", wanted.size()),
                                task.samples * wanted.size());
    parallel.for_each(wanted.size(), [&](std::size_t i) {
      made[i] = sgd(task, rate(wanted[i]), looks, [&](std::uint64_t n) { bar.advance(n); });
    });
    for (std::size_t i = 0; i < wanted.size(); ++i) courses[wanted[i]] = std::move(made[i]);
    wanted.clear();
    for (const auto& [k, course] : courses)
      if (last(course) < last(courses[best])) best = k;
    for (const int k : {best - 1, best + 1})
      if (courses.count(k) == 0 && std::abs(k) <= widest) wanted.push_back(k);
  }
  DictionaryReference reference;
  reference.learning_rate = rate(best);
  for (const auto& [k, course] : courses)
    if (!course.objective.empty()) reference.grid.emplace_back(rate(k), last(course));
  reference.objective = courses[best].objective;
  reference.dictionary = courses[best].dictionary;
  return reference;
}

}  // namespace

std::optional<double> DictionaryReference::at(std::uint64_t samples) const {
  for (const auto& [look, seen] : objective)
    if (look == samples) return seen;
  return std::nullopt;
}

bool DictionaryReference::best_at_edge() const {
  return grid.size() > 1 &&
         (grid.front().first == learning_rate || grid.back().first == learning_rate);
}

void declare_reference(Settings& s) {
  s.text("reference", "sgd", "sgd (projected, unit norm), online (Mairal et al. 2009) or none")
      .one_of({"sgd", "online", "none"});
  s.real("reference_rate", std::nullopt,
         "learning rate of sgd, for samples of norm 1; default: the best of a grid")
      .above(0);
}

DictionaryReference learn_reference(Run& run, const DictionaryTask& task,
                                    const std::vector<std::uint64_t>& looks) {
  const auto name = run.settings.get<std::string>("reference");
  DictionaryReference reference;
  if (name == "sgd" && !run.settings.has("reference_rate")) {
    reference = best_sgd(run, task, looks);
  } else if (name != "none") {
    Progress bar = run.progress("reference: " + name, task.samples);
    const auto advance = [&](std::uint64_t n) { bar.advance(n); };
    Course course;
    if (name == "sgd") {
      reference.learning_rate = run.settings.get<double>("reference_rate");
      course = sgd(task, reference.learning_rate, looks, advance);
      reference.grid.emplace_back(reference.learning_rate, last(course));
    } else {
      const auto threads = static_cast<unsigned>(run.threads);
      Parallel parallel(threads);
      OnlineState start;
      start.dictionary = task.weights.feedback;
      OnlineDictionary learner(std::move(start), {.lambda = task.options.lambda1}, threads);
      course = follow(learner, task, looks, 64, parallel, advance);
    }
    reference.objective = std::move(course.objective);
    reference.dictionary = std::move(course.dictionary);
  }
  reference.name = name == "none" ? "" : name;
  return reference;
}

}  // namespace clockless
