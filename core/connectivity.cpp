// Patterns of connection. Random ones draw from one counter-based stream per neuron, so a neuron's
// synapses depend on nothing but the seed and the neuron.
#include "core/connectivity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {
namespace {

constexpr std::size_t most_neurons = std::numeric_limits<std::uint32_t>::max();

// Streams apart from those of neurons, which are numbered from 0.
constexpr std::uint64_t in_degree_streams = std::uint64_t{1} << 62;
constexpr std::uint64_t probability_streams = std::uint64_t{2} << 62;

void check_sizes(const char* pattern, std::size_t pre, std::size_t post) {
  if (std::max(pre, post) > most_neurons)
    throw Error(fmt::format("{}: a population of {} neurons is too large: use at most {}", pattern,
                            std::max(pre, post), most_neurons));
}

/// An empty list with room for about `count` edges, or an Error where memory cannot hold them.
Edges with_room(const char* pattern, double count) {
  Edges edges;
  try {
    if (!(count < 0x1p40)) throw std::bad_alloc();
    edges.reserve(static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
    throw Error(fmt::format(
        "{}: {:.3g} synapses ({:.3g} GB) do not fit in memory: make the populations smaller or "
        "connect fewer pairs",
        pattern, count, count * static_cast<double>(sizeof(Edge)) * 1e-9));
  }
  return edges;
}

void append(Edges& edges, std::uint32_t pre, std::uint32_t post, double weight, Duration delay) {
  if (!std::isfinite(weight))
    throw Error(fmt::format("the weight of synapse {} -> {} is {}: give a finite number", pre, post,
                            weight));
  if (delay < Duration::zero())
    throw Error(fmt::format("the delay of synapse {} -> {} is {} s: give zero or more", pre, post,
                            seconds(delay)));
  edges.push_back({pre, post, weight, delay});
}

}  // namespace

WeightOf constant(double weight) {
  return [weight](std::uint32_t, std::uint32_t) { return weight; };
}

DelayOf constant(Duration delay) {
  return [delay](std::uint32_t, std::uint32_t) { return delay; };
}

Edges all_to_all(std::size_t pre, std::size_t post, const WeightOf& weight, const DelayOf& delay,
                 bool self) {
  check_sizes("all_to_all", pre, post);
  Edges edges = with_room("all_to_all", static_cast<double>(pre) * static_cast<double>(post));
  for (std::uint32_t i = 0; i < pre; ++i)
    for (std::uint32_t j = 0; j < post; ++j)
      if (self || i != j) append(edges, i, j, weight(i, j), delay(i, j));
  return edges;
}

Edges one_to_one(std::size_t pre, std::size_t post, const WeightOf& weight, const DelayOf& delay) {
  check_sizes("one_to_one", pre, post);
  if (pre != post)
    throw Error(
        fmt::format("one_to_one: {} neurons cannot be paired with {}: give populations of one size",
                    pre, post));
  Edges edges = with_room("one_to_one", static_cast<double>(pre));
  for (std::uint32_t i = 0; i < pre; ++i) append(edges, i, i, weight(i, i), delay(i, i));
  return edges;
}

Edges fixed_in_degree(std::size_t pre, std::size_t post, std::size_t in_degree, std::uint64_t seed,
                      const WeightOf& weight, const DelayOf& delay, bool self, bool multapses) {
  check_sizes("fixed_in_degree", pre, post);
  if (in_degree == 0 || post == 0) return {};
  const std::size_t least_sources = pre - (!self && pre > 0 ? 1 : 0);
  if (least_sources == 0 || (!multapses && in_degree > least_sources))
    throw Error(fmt::format(
        "fixed_in_degree: {} sources asked for each neuron, but {} to draw from{}: lower in_degree "
        "to {}{}",
        in_degree, least_sources, self ? "" : " without the neuron itself", least_sources,
        least_sources > 0 ? " or allow multapses" : ""));
  Edges edges =
      with_room("fixed_in_degree", static_cast<double>(post) * static_cast<double>(in_degree));

  std::vector<std::uint32_t> sources;  // target by target
  sources.reserve(post * in_degree);
  std::vector<std::size_t> begin(pre + 1, 0);  // of each source's edges in the output
  std::vector<bool> taken(multapses ? 0 : pre, false);
  std::vector<std::uint32_t> drawn(in_degree);
  for (std::uint32_t target = 0; target < post; ++target) {
    RandomStream random{seed, in_degree_streams | target, 0};
    const bool skips_itself = !self && target < pre;
    const auto available = static_cast<std::uint32_t>(pre - (skips_itself ? 1 : 0));
    if (multapses) {
      for (auto& source : drawn) source = random.below(available);
    } else {
      // Floyd's sampling: one draw for each member of the subset, however large it is.
      auto last = static_cast<std::uint32_t>(available - in_degree);
      for (auto& source : drawn) {
        source = random.below(last + 1);
        if (taken[source]) source = last;
        taken[source] = true;
        ++last;
      }
      for (const auto source : drawn) taken[source] = false;
    }
    for (auto source : drawn) {
      if (skips_itself && source >= target) ++source;
      sources.push_back(source);
      ++begin[source + 1];
    }
  }

  // A counting sort by source; it is stable, so that targets stay in order.
  for (std::size_t i = 0; i < pre; ++i) begin[i + 1] += begin[i];
  std::vector<std::uint32_t> targets(sources.size());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t k = 0; k < sources.size(); ++k)
    targets[next[sources[k]]++] = static_cast<std::uint32_t>(k / in_degree);
  for (std::uint32_t i = 0; i < pre; ++i)
    for (std::size_t k = begin[i]; k < begin[i + 1]; ++k)
      append(edges, i, targets[k], weight(i, targets[k]), delay(i, targets[k]));
  return edges;
}

DrawnEdges drawn_with_probability(std::size_t pre, std::size_t post, double p, std::uint64_t seed,
                                  WeightOf weight, DelayOf delay, bool self) {
  check_sizes("fixed_probability", pre, post);
  if (!(p >= 0 && p <= 1))
    throw Error(
        fmt::format("fixed_probability: p = {} is no probability: give one within 0 to 1", p));
  const auto of = [post, p, seed, weight = std::move(weight), delay = std::move(delay), self](
                      std::uint32_t i, Edges& edges) {
    if (p == 0) return;
    const double log_of_miss = std::log1p(-p);  // −∞ for p = 1, whose skips are all 0
    RandomStream random{seed, probability_streams | i, 0};
    for (std::uint64_t j = 0;; ++j) {
      // The number of pairs passed over is geometric.
      const double skip = std::floor(std::log(random.uniform()) / log_of_miss);
      if (!(skip < static_cast<double>(post - j))) break;
      j += static_cast<std::uint64_t>(skip);
      const auto target = static_cast<std::uint32_t>(j);
      if (self || i != target) append(edges, i, target, weight(i, target), delay(i, target));
    }
  };
  return {pre, post, of};
}

Edges fixed_probability(std::size_t pre, std::size_t post, double p, std::uint64_t seed,
                        const WeightOf& weight, const DelayOf& delay, bool self) {
  const DrawnEdges drawn = drawn_with_probability(pre, post, p, seed, weight, delay, self);
  const double mean = static_cast<double>(pre) * static_cast<double>(post) * p;
  Edges edges = with_room("fixed_probability", mean + 6 * std::sqrt(mean * (1 - p)));
  for (std::uint32_t i = 0; i < pre; ++i) drawn.of(i, edges);
  return edges;
}

Edges from_matrix(std::size_t pre, std::size_t post, std::span<const double> weights,
                  Duration delay) {
  check_sizes("from_matrix", pre, post);
  if (weights.size() != pre * post)
    throw Error(fmt::format("from_matrix: {} weights given for {} x {} neurons: give {}",
                            weights.size(), pre, post, pre * post));
  const auto zeros = std::count(weights.begin(), weights.end(), 0.0);
  Edges edges =
      with_room("from_matrix", static_cast<double>(weights.size()) - static_cast<double>(zeros));
  for (std::uint32_t i = 0; i < pre; ++i)
    for (std::uint32_t j = 0; j < post; ++j)
      if (const double w = weights[i * post + j]; w != 0) append(edges, i, j, w, delay);
  return edges;
}

namespace {

/// Outputs along one axis of a convolution.
std::size_t outputs(const char* axis, std::size_t in, std::size_t kernel, std::size_t stride,
                    std::size_t padding) {
  const auto fail = [axis](const std::string& what) {
    throw Error(fmt::format("convolution along {}: {}", axis, what));
  };
  if (std::max({in, kernel, stride, padding}) > most_neurons)
    fail(fmt::format("a size above {}: give smaller ones", most_neurons));
  if (in == 0 || kernel == 0) fail("input and kernel need a size of at least 1");
  if (stride == 0) fail("a stride of 0 never moves: give at least 1");
  if (padding >= kernel)
    fail(fmt::format("padding {} puts a kernel of {} wholly outside: give at most {}", padding,
                     kernel, kernel - 1));
  if (kernel > in + 2 * padding)
    fail(fmt::format("a kernel of {} does not fit an input of {} padded by {} on both sides",
                     kernel, in, padding));
  return (in + 2 * padding - kernel) / stride + 1;
}

void check_layer(const char* layer, std::size_t channels, std::size_t height, std::size_t width) {
  const double count =
      static_cast<double>(channels) * static_cast<double>(height) * static_cast<double>(width);
  if (!(count >= 1 && count <= static_cast<double>(most_neurons)))
    throw Error(fmt::format("convolution: {} of {} channels x {} x {} is impossible: give 1 to {}",
                            layer, channels, height, width, most_neurons));
}

/// The outputs [first, end) along one axis that see the input at `position`.
struct Reach {
  std::size_t first, end;
  Reach(std::size_t position, std::size_t kernel, std::size_t stride, std::size_t padding,
        std::size_t out)
      : first(position + padding < kernel ? 0 : (position + padding - kernel) / stride + 1),
        end(std::min((position + padding) / stride + 1, out)) {}
};

}  // namespace

std::size_t Convolution::out_height() const {
  return outputs("y", in_height, kernel_height, stride_y, padding_y);
}

std::size_t Convolution::out_width() const {
  return outputs("x", in_width, kernel_width, stride_x, padding_x);
}

Edges convolution(const Convolution& c, std::span<const double> kernel, Duration delay) {
  const std::size_t height = c.out_height(), width = c.out_width();
  check_layer("an input", c.in_channels, c.in_height, c.in_width);
  check_layer("an output", c.out_channels, height, width);
  const double wanted = static_cast<double>(c.out_channels) * static_cast<double>(c.in_channels) *
                        static_cast<double>(c.kernel_height) * static_cast<double>(c.kernel_width);
  if (static_cast<double>(kernel.size()) != wanted)
    throw Error(fmt::format(
        "convolution: {} kernel weights given for {} outputs x {} inputs x {} x {}: give {:.0f}",
        kernel.size(), c.out_channels, c.in_channels, c.kernel_height, c.kernel_width, wanted));
  Edges edges =
      with_room("convolution", wanted * static_cast<double>(height) * static_cast<double>(width));
  std::uint32_t pre = 0;
  for (std::size_t i = 0; i < c.in_channels; ++i)
    for (std::size_t y = 0; y < c.in_height; ++y)
      for (std::size_t x = 0; x < c.in_width; ++x, ++pre) {
        const Reach rows(y, c.kernel_height, c.stride_y, c.padding_y, height);
        const Reach columns(x, c.kernel_width, c.stride_x, c.padding_x, width);
        for (std::size_t o = 0; o < c.out_channels; ++o)
          for (std::size_t oy = rows.first; oy < rows.end; ++oy)
            for (std::size_t ox = columns.first; ox < columns.end; ++ox) {
              const std::size_t ky = y + c.padding_y - oy * c.stride_y;
              const std::size_t kx = x + c.padding_x - ox * c.stride_x;
              const double w =
                  kernel[((o * c.in_channels + i) * c.kernel_height + ky) * c.kernel_width + kx];
              const auto post = static_cast<std::uint32_t>((o * height + oy) * width + ox);
              if (w != 0) append(edges, pre, post, w, delay);
            }
      }
  return edges;
}

}  // namespace clockless
