// Outcomes of training, on nets of one hidden cell that have each of them by construction.
#include <vector>

#include "apps/contrastive/outcome.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::MatrixXd;

namespace {

/// Input 0 or 1 to be shown as it is; weights input -> hidden, output; hidden <-> output; biases.
Outcome of(double to_hidden, double to_output, double up, double down, double hidden_bias,
           double output_bias) {
  GraphOptions o;
  o.kind = GraphKind::complete;
  o.inputs = o.outputs = 1;
  o.hidden = {1};
  o.direct_edges = true;
  ContrastiveGraph g = make_graph(o);
  g.input_weights << to_hidden, to_output, hidden_bias, output_bias;
  g.recurrent << 0, up, down, 0;
  return outcome(g, MatrixXd{{0, 1}}, MatrixXd{{0, 1}});
}

}  // namespace

TEST_CASE("outcomes are told apart", "[app][contrastive]") {
  CHECK(of(0, 1, 0, 0, 0, 0) == Outcome::solved);
  CHECK(of(.9, 0, .9, 0, 0, 0) == Outcome::solved);             // .81: cost .009
  CHECK(of(.7, 0, .8, 0, 0, 0) == Outcome::partial);            // .56: right, but cost .048
  CHECK(of(0, -1, 0, 0, 0, 1) == Outcome::partial);             // negated
  CHECK(of(0, .05, 0, 0, 0, .5) == Outcome::undecided);         // .5 and .55
  CHECK(of(0, 1, 0, 0, 0, 1) == Outcome::stuck);                // 1 and 1
  CHECK(of(0, -1, 0, 0, 0, -.5) == Outcome::stuck);             // 0 and 0
  CHECK(of(0, 0, 2, 2, 0, -.1) == Outcome::ambiguous);          // either both cells or none
  CHECK(of(0, 0, 1e4, -1e4, 5e3, -5e3) == Outcome::unsettled);  // turns about ½
  CHECK(outcome_text(Outcome::stuck) == "an output is stuck at a bound");
}
