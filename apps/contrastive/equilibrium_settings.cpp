// Settings of equilibrium propagation by spikes.
#include "apps/contrastive/equilibrium_task.hpp"

namespace clockless {

void declare_equilibrium(Settings& s) {
  declare_labelled_data(s, "xor");
  s.text("graph", std::nullopt,
         "layered: a chain of layers with feedback; skip: and between all layers; complete: every "
         "ordered pair of cells; default: complete for truth tables, else layered")
      .one_of({"layered", "skip", "complete"});
  s.text(
      "hidden", std::nullopt,
      "cells of each hidden layer, as 500 or 300,100; default: 5 for truth tables, 500 for images "
      "of more than 100 pixels, else 256, of complete graphs 64");
  s.flag("direct_edges", false, "complete: inputs reach outputs, too; default: for truth tables");
  s.text("leak", std::nullopt,
         "unit; outgoing: sum of the weights that leave a cell; contractive: of their magnitudes; "
         "default: unit for layers and truth tables, else contractive")
      .one_of({"unit", "outgoing", "contractive"});
  s.real("base_leak", 1, "leak of a cell besides its weights").above(0);
  s.real("gain", std::nullopt, "of the first weights; default: 1, for truth tables 0.7")
      .range(0, 100);
  s.real(
       "feedback_gain", std::nullopt,
       "weights back to earlier layers over those forward, at first; default: 3 for more than 100 "
       "inputs, else 1")
      .range(-100, 100);
  s.flag("directed", false,
         "each weight is drawn by itself at first, or those back are those forward; default: for "
         "truth tables and with --rule=asymmetric");
  s.real("lateral_gain", std::nullopt,
         "complete: factor on weights within a layer, at first; default: 0.05, directed 1")
      .range(-100, 100);
  s.real("bias", std::nullopt, "of all cells, at first; default: 0, of complete graphs 0.3")
      .range(-100, 100);
  s.real("threshold", std::nullopt,
         "change of state that a cell's spike tells; default: 1/16, of complete graphs 1/64")
      .range(1e-4, 0.5);
  s.real("input_threshold", 0.0625, "the same of inputs").range(1e-4, 1);
  s.real("hysteresis", 0.05, "of spikes, in thresholds").range(1e-3, 0.49);
  s.text("rule", "product",
         "product: d(s_i s_j), for symmetric weights; one_sided: s_i ds_j, as in Farinha et al. "
         "2020; asymmetric: the gradient of any directed graph, by a copy of the reverse weight at "
         "each synapse; not with --prune")
      .one_of({"product", "one_sided", "asymmetric"});
  s.real("learning_rate", std::nullopt, "of weights from inputs; default: by data, graph and rule")
      .range(0, 10);
  s.real(
       "forward_rate", std::nullopt,
       "of weights to later layers; default: as that, of more than 100 inputs half, contractive a "
       "fifth, of the asymmetric rule three tenths")
      .range(0, 10);
  s.real("feedback_rate", std::nullopt, "of weights to earlier layers; default: as forward")
      .range(0, 10);
  s.real("lateral_rate", std::nullopt, "of weights within a layer; default: as forward")
      .range(0, 10);
  s.real("rate_decay", std::nullopt,
         "factor on all rates per epoch; default: 0.96, of more than "
         "10,000 samples 0.78")
      .range(0, 1);
  s.real("nudge", std::nullopt,
         "conductance of outputs towards their label; default: 0.5, for truth tables 0.9")
      .range(1e-6, 100);
  s.real("label", std::nullopt,
         "what the output of a sample's class is nudged towards, others: 0; default: 1, of several "
         "outputs with the contractive leak 0.5")
      .range(1e-3, 1);
  s.flag("relative_nudge", false,
         "the conductance is in units of the output's leak; default with the contractive one");
  s.integer("epochs", std::nullopt,
            "default: 500 for truth tables, 10 for more than 10,000 samples, "
            "else 40")
      .range(0, 1'000'000)
      .quick(std::int64_t{2});

  s.text("phases", "flexible",
         "flexible: a phase ends when outputs are quiet, and begins at each cell in its own time; "
         "rigid: fixed lengths, at all cells within a hundredth of tau")
      .one_of({"flexible", "rigid"});
  s.text("settling", std::nullopt, "how phases end: quiet outputs, random lengths, or fixed ones")
      .one_of({"quiet", "random", "fixed"});
  s.real("silence", 5, "of outputs, after which a phase ends").unit("tau").range(0.1, 1e4);
  s.real("free_phase", 20, "length (random: mean) of the phase without nudge")
      .unit("tau")
      .range(0.1, 1e4);
  s.real("nudged_phase", 12, "and of those with it and after it").unit("tau").range(0.1, 1e4);
  s.real("patience", 60, "no phase takes longer").unit("tau").range(1, 1e5);
  s.real("modulator_delay", std::nullopt,
         "modulators reach cells up to so late, each at its own time")
      .unit("tau")
      .range(1e-6, 100);
  s.flag(
      "random_sign", true,
      "the nudge is towards the label or away from it, by chance; default: not for truth tables");
  s.real("nudges", 1, "nudges a sample, as a mean").range(1, 1000);
  s.real("unlabelled", 0, "share of samples that are shown but not nudged").range(0, 1);
  s.real("nudged_first", 0, "share of samples that are nudged from the beginning").range(0, 1);
  s.flag("onset", true,
         "cells stop learning while samples change; false shows what breaks without");

  s.integer("reminders", std::nullopt,
            "how often cells are told that the sample changes; default: 1, where modulators are "
            "lost 5")
      .range(1, 1000);

  s.real("delay", 0.05, "of axons; those of cells half to one and a half times that")
      .unit("tau")
      .range(1e-6, 10);
  s.real("tau", 1e-3, "time constant of cells").unit("s").range(1e-9, 1);
  s.real("mismatch", 0, "spread of time constants and thresholds, of their logarithms").range(0, 2);
  s.real("lost_spikes", 0, "share of cells' spikes that are lost").range(0, 1);
  s.real("lost_modulators", 0, "share of modulators that are lost").range(0, 1);
  s.real("retold", std::nullopt,
         "share of the ends of lessons at which a cell tells its level itself, so that lost spikes "
         "are mended; default: 0, where spikes are lost 0.1")
      .range(0, 1);

  s.text("prune", "none",
         "paper: Farinha et al. 2020, removed for good; magnitude: the weakest; random")
      .one_of({"none", "paper", "magnitude", "random"});
  s.real("prune_share", 0.9,
         "share of synapses that are removed; paper: at most, prune_per_cell "
         "says how fast")
      .range(0, 1);
  s.integer(
       "prune_from", std::nullopt,
       "first epoch after which synapses are removed; default: a fifth of all, so give it where "
       "a checkpoint is to go on for longer")
      .at_least(1);
  s.integer("prune_to", std::nullopt, "last epoch after which they are; default: four fifths")
      .at_least(1);
  s.real("prune_per_cell", 40, "paper: synapses that a cell loses an epoch, about; theirs is 1")
      .above(0);
  s.real("prune_temperature", 5, "paper: T").above(0);
  s.real("prune_tolerance", 0.02, "paper: stronger weights are kept").range(0, 1e3);
  s.real("l1", 0, "weights shrink by so much after each epoch").range(0, 1);
}

}  // namespace clockless
