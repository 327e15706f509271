// Drawing rows without repetition.
#include "apps/sparse/shuffled_rows.hpp"

#include <utility>

#include "apps/data/shuffle.hpp"
#include "core/random.hpp"

namespace clockless {

ShuffledRows::ShuffledRows(SampleSource source, std::uint64_t seed)
    : source_(std::move(source)),
      test_set_(test_set_beside(source_)),
      key_(random_bits(seed, 0x726f7773, 0)) {}  // streams of its own: the letters 'rows'

std::uint64_t ShuffledRows::available() const {
  return test_set_ ? test_set_->count() : source_.count();
}

Samples ShuffledRows::hold_out(std::uint64_t count) {
  if (!test_set_) held_out_ = count;
  SampleRange range;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t row = shuffled(key_, 0, i, available());
    range.intervals.emplace_back(row, row);
  }
  return (test_set_ ? *test_set_ : source_).load(range);
}

Samples ShuffledRows::row(std::uint64_t k) const {
  const std::uint64_t place = shuffled(key_, 1 + k / distinct(), k % distinct(), distinct());
  const std::uint64_t row = shuffled(key_, 0, held_out_ + place, source_.count());
  return source_.load({{{row, row}}});
}

}  // namespace clockless
