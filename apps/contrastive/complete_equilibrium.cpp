// Equilibrium propagation by spikes on the complete directed graph, whose leak makes it contract.
#include "apps/contrastive/spiking_equilibrium.hpp"

namespace clockless {
namespace {

CLOCKLESS_CONTRASTIVE_MODEL([] {
  ContrastiveKind kind = spiking_equilibrium_kind("complete");
  kind.name = "equilibrium-propagation-complete";
  kind.summary = "the same on a complete directed graph with the contractive leak";
  kind.plans = {"rigid",  "random_lengths", "quiet_outputs", "staggered",
                "jitter", "together",       "hasty",         "many_lost"};
  return kind;
}());

}  // namespace
}  // namespace clockless
