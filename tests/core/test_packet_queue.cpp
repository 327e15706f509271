// The packet queue against std::priority_queue on random streams of pushes and pops.
#include <cmath>
#include <functional>
#include <queue>
#include <tuple>
#include <vector>

#include "core/packet_queue.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

using Key = std::tuple<std::int64_t, std::uint32_t, float>;
using Delays = std::function<std::int64_t(RandomStream&)>;

Key key(const Packet& p) { return {p.at.time_since_epoch().count(), index(p.row), p.payload}; }
Packet packet(std::int64_t tick, std::uint32_t row, float payload = 1) {
  return {Time{Duration{tick}}, RowId{row}, payload};
}

/// The queue beside one that is plainly right; pushes never lie before the last pop.
class Pair {
 public:
  void push(std::int64_t tick, std::uint32_t row, float payload) {
    queue_.push(packet(tick, row, payload));
    truth_.push({tick, row, payload});
    REQUIRE(queue_.size() == truth_.size());
  }
  void pop() {
    REQUIRE(queue_.empty() == truth_.empty());
    if (truth_.empty()) {
      REQUIRE(queue_.next() == never);
      return;
    }
    now_ = std::get<0>(truth_.top());
    REQUIRE(queue_.next() == Time{Duration{now_}});
    REQUIRE(key(queue_.pop()) == truth_.top());
    truth_.pop();
  }
  void clear() {
    queue_.clear();
    truth_ = {};
    REQUIRE(queue_.empty());
    REQUIRE(queue_.next() == never);
  }
  std::int64_t now() const { return now_; }
  std::size_t size() const { return truth_.size(); }

 private:
  PacketQueue queue_;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> truth_;
  std::int64_t now_ = 0;
};

/// Grows and shrinks in turns, to empty and back.
void random_life(std::uint64_t seed, const Delays& delay) {
  RandomStream random{seed, 5};
  Pair pair;
  for (int turn = 0; turn < 24; ++turn) {
    const std::uint32_t pushes_in_8 = 1 + random.below(7);
    for (int k = 0; k < 400; ++k)
      if (random.below(8) < pushes_in_8)
        pair.push(pair.now() + delay(random), random.below(6), static_cast<float>(random.below(3)));
      else
        pair.pop();
    if (turn % 6 == 2)
      while (pair.size() > 0) pair.pop();
    if (turn % 6 == 5) pair.clear();
  }
  while (pair.size() > 0) pair.pop();
}

}  // namespace

TEST_CASE("packet queue: pops in the order (time, row, payload) whatever is pushed when",
          "[unit][packet_queue]") {
  const std::vector<std::pair<const char*, Delays>> all = {
      {"one tick", [](RandomStream&) { return 0; }},
      {"crowded ticks", [](RandomStream& r) { return r.below(4); }},
      {"exponential",
       [](RandomStream& r) { return static_cast<std::int64_t>(1e9 * r.exponential()); }},
      {"a few fixed delays", [](RandomStream& r) { return 1'500'000'000 * (1 + r.below(3)); }},
      {"skewed over 17 decades",
       [](RandomStream& r) { return static_cast<std::int64_t>(std::exp(39 * r.uniform())); }},
      {"near, with rare far ones",
       [](RandomStream& r) {
         return r.below(100) ? std::int64_t{r.below(1000)} : std::int64_t{1} << 55;
       }},
  };
  for (const auto& [name, delay] : all)
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      INFO(name << ", seed " << seed);
      random_life(seed, delay);
    }
}

TEST_CASE("packet queue: packets of one row at one tick come by payload", "[unit][packet_queue]") {
  PacketQueue queue;
  for (const float payload : {3.0F, -1.0F, 2.0F, -1.0F}) queue.push(packet(7, 4, payload));
  queue.push(packet(7, 3, 9.0F));
  CHECK(queue.pop().payload == 9.0F);
  for (const float payload : {-1.0F, -1.0F, 2.0F, 3.0F}) CHECK(queue.pop().payload == payload);
  CHECK(queue.empty());
}

TEST_CASE("packet queue: what is pushed at the present tick joins it in order",
          "[unit][packet_queue]") {
  PacketQueue queue;
  for (std::uint32_t row = 0; row < 10; row += 2) queue.push(packet(100, row));
  queue.push(packet(101, 0));
  CHECK(index(queue.pop().row) == 0);
  queue.push(packet(100, 7));
  queue.push(packet(100, 1));
  std::vector<std::uint32_t> rows;
  while (queue.next() == Time{Duration{100}}) rows.push_back(index(queue.pop().row));
  CHECK(rows == std::vector<std::uint32_t>{1, 2, 4, 6, 7, 8});
  CHECK(queue.size() == 1);
}

TEST_CASE("packet queue: the ends of time", "[unit][packet_queue]") {
  PacketQueue queue;
  const auto last = never.time_since_epoch().count();
  queue.push(packet(last - 1, 2));
  queue.push(packet(0, 1));
  queue.push(packet(last, 3));  // a delay without end
  CHECK(queue.pop().at == Time{});
  CHECK(queue.next() == Time{Duration{last - 1}});
  CHECK(index(queue.pop().row) == 2);
  CHECK(queue.next() == never);
  CHECK(queue.size() == 1);
  queue.push(packet(last - 2, 4));
  CHECK(index(queue.pop().row) == 4);
  CHECK(queue.next() == never);
}

TEST_CASE("packet queue: what is coming is taken next, if nothing is pushed meanwhile",
          "[unit][packet_queue]") {
  PacketQueue queue;
  RandomStream random{4, 1};
  for (int k = 0; k < 2000; ++k) queue.push(packet(random.below(100'000), random.below(50)));
  while (queue.next() != never) {
    const auto coming = queue.coming(7);
    REQUIRE((!coming.empty() && coming.size() <= 7));
    std::vector<Key> keys;
    for (const Packet& p : coming) keys.push_back(key(p));
    for (; !keys.empty(); keys.pop_back()) REQUIRE(key(queue.pop()) == keys.back());
  }
  CHECK(queue.coming(7).empty());
}
