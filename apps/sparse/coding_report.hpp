// The report of sparse coding: headline numbers, images, the dictionary, one network, all samples.
#pragma once

#include "apps/run.hpp"
#include "apps/sparse/coded_samples.hpp"

namespace clockless {

constexpr std::size_t most_pictures = 100;  ///< samples whose images go into the run folder

/// Adds all of it to run.report; run.results and run.counts are to be there already.
void report_coding(Run& run, const CodedSamples& coded);

}  // namespace clockless
