// Going through the training set.
#include "apps/contrastive/epochs.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::Index;

namespace {

void check(const char* method, const ContrastiveGraph& graph, const LabelledData& data,
           const EpochOptions& o) {
  if (o.epochs < 0 || o.batch < 1)
    throw Error(fmt::format("{}: {} epochs in batches of {}; give none at least, and one", method,
                            o.epochs, o.batch));
  if (data.train.rows() != graph.inputs() || data.train.cols() == 0)
    throw Error(fmt::format("{}: {} samples of {} values for {} inputs; give some, of that size",
                            method, data.train.cols(), data.train.rows(), graph.inputs()));
  if (data.classes != std::max<Index>(graph.outputs(), 2))
    throw Error(fmt::format("{}: {} classes for {} outputs; give one a class, or one for two",
                            method, data.classes, graph.outputs()));
}

Batch take(const LabelledData& data, const std::vector<Index>& order, int epoch, Index first,
           Index count, Index outputs, double label) {
  const std::vector<Index> rows(order.begin() + first, order.begin() + first + count);
  Batch batch{data.train(Eigen::all, rows), {}, {}, epoch, first};
  for (const Index i : rows) batch.labels.push_back(data.train_labels[static_cast<std::size_t>(i)]);
  batch.targets = label * one_hot(batch.labels, outputs);
  return batch;
}

}  // namespace

LearningCurve run_epochs(const char* method, const ContrastiveGraph& graph,
                         const LabelledData& data, const EpochOptions& o,
                         const std::function<BatchResult(const Batch&)>& learn,
                         const std::function<double()>& test, const AfterEpoch& after_epoch) {
  check(method, graph, data, o);
  const Index n = data.train.cols();
  LearningCurve curve;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const auto order = epoch_order(o.seed, static_cast<std::uint64_t>(epoch), n);
    EpochResult result;
    for (Index first = 0; first < n; first += o.batch) {
      if (interrupted()) return curve;
      const Batch batch =
          take(data, order, epoch, first, std::min(o.batch, n - first), graph.outputs(), o.label);
      const BatchResult learned = learn(batch);
      const auto share = static_cast<double>(batch.labels.size()) / static_cast<double>(n);
      result.train_accuracy += share * accuracy(learned.decided, batch.labels);
      result.train_cost += learned.cost / static_cast<double>(n);
      result.unsettled += learned.unsettled;
    }
    if (!graph.input_weights.allFinite() || !graph.recurrent.allFinite())
      throw Error(fmt::format("{}: weights ran away in epoch {}; lower the learning rate", method,
                              epoch + 1));
    result.test_accuracy = test();
    curve.push_back(result);
    if (after_epoch) after_epoch(result);
  }
  return curve;
}

std::vector<Piece> pieces(Index n, Index size) {
  std::vector<Piece> out;
  for (Index first = 0; first < n; first += size) out.push_back({first, std::min(size, n - first)});
  return out;
}

}  // namespace clockless
