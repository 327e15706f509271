// Courses of learners, and the time that each takes to given objectives.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/bench.hpp"

namespace clockless::bench {

struct Point {
  double samples, seconds, objective;
};

struct Course {
  std::string learner, variant;
  std::vector<Point> points;
};

/// When a course that begins at `first` meets the target, by straight lines from look to look.
inline std::optional<Point> meets(const Course& course, double first, double target) {
  Point before{0, 0, first};
  for (const Point& p : course.points) {
    if (p.objective <= target) {
      const double share = (before.objective - target) / (before.objective - p.objective);
      return Point{before.samples + share * (p.samples - before.samples),
                   before.seconds + share * (p.seconds - before.seconds), target};
    }
    before = p;
  }
  return std::nullopt;
}

/// The course that meets the target soonest.
struct Soonest {
  const Course* course = nullptr;  ///< none: nobody meets it
  Point at{};
  Soonest(const std::vector<Course>& courses, const std::string& learner, double first,
          double target) {
    for (const Course& candidate : courses) {
      if (candidate.learner != learner) continue;
      const auto met = meets(candidate, first, target);
      if (!met || (course && at.seconds <= met->seconds)) continue;
      course = &candidate;
      at = *met;
    }
  }
};

/// For targets at shares of the way from `first` to the best that any course reached, one line a
/// learner: its variant that is there soonest, and the ratio of its time to the peer's.
inline void report_times(double first, const std::vector<Course>& courses,
                         const std::string& peer) {
  double best = first;
  std::vector<std::string> learners;
  for (const Course& course : courses) {
    for (const Point& p : course.points) best = std::min(best, p.objective);
    if (std::find(learners.begin(), learners.end(), course.learner) == learners.end())
      learners.push_back(course.learner);
  }
  for (const double way : {0.5, 0.8, 0.9, 0.95, 0.98}) {
    const double target = first + way * (best - first);
    const Soonest beside(courses, peer, first, target);
    for (const std::string& learner : learners) {
      const Soonest soonest(courses, learner, first, target);
      Line line(fmt::format("to {} of the way, {}", way, learner));
      line.field("test_objective", target);
      if (!soonest.course) {
        line.field("reached", "no");
        continue;
      }
      line.field("variant", soonest.course->variant)
          .field("samples", soonest.at.samples)
          .field("seconds", soonest.at.seconds);
      if (beside.course) line.field("ratio_to_peer", soonest.at.seconds / beside.at.seconds);
    }
  }
}

}  // namespace clockless::bench
