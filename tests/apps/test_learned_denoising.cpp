// A dictionary learned by spikes takes noise off the picture it was learned from, as well as in the
// appendix of Lin & Tang (arXiv:1805.08952): 18.7 dB in, 29.2 dB out at 7 atoms a patch.
#include <nlohmann/json.hpp>

#include "apps/command.hpp"
#include "tests/apps/data/files.hpp"
#include "tests/support/shared.hpp"

using namespace clockless;

TEST_CASE("a dictionary learned by spikes denoises as in the paper", "[app][slow]") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("SKIPPED: the picture of shared/data is not here");
    return;
  }
  const TemporaryFolder folder;
  REQUIRE(command({"run", "dictionary-learning", "--quiet", "-o", (folder / "a").string(),
                   "--data=" + (*shared / "data/images/lena512.pgm").string(), "--atoms=256",
                   "--samples=16000", "--test_samples=50", "--reference=none", "--lateral_ratio=60",
                   "--safe_step=1", "--signal=current", "--learning_rate=1",
                   "--half_rate_samples=4000", "--denoise=29.65"}) == 0);
  const auto results = nlohmann::json::parse(contents(folder / "a" / "summary.json")).at("results");
  const auto& denoising = results.at("denoising");
  INFO(denoising.dump());
  CHECK(denoising.at("noisy_db").get<double>() < 18.7);
  CHECK(denoising.at("restored_db").get<double>() >= 29.2);
  CHECK(denoising.at("non_zeros").get<double>() <= 7);
}
