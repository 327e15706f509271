// The reference solver on a real, coherent dictionary, against the published optimum.
#include <cstdlib>
#include <filesystem>
#include <span>

#include "apps/data/idx.hpp"
#include "apps/solvers/fista.hpp"
#include "apps/solvers/lasso.hpp"
#include "apps/sparse/dictionary.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("Lava's MNIST dictionary has the known optimum", "[unit][golden]") {
  const char* const set = std::getenv("CLOCKLESS_SHARED");
  const std::filesystem::path shared =
      set ? set : std::filesystem::path(CLOCKLESS_SOURCE_DIR) / "../shared";
  const auto dictionary_file = shared / "data/lasso/lava-lca/mnist_pretrained_dictionary.npy";
  const auto image_file = shared / "data/mnist/t10k-images-idx3-ubyte.gz";
  if (!std::filesystem::exists(dictionary_file) || !std::filesystem::exists(image_file)) {
    WARN("skipped: no " << dictionary_file << " or no " << image_file);
    return;
  }
  const MatrixXd d = load_dictionary(dictionary_file, DictionaryLayout::rows);
  check_dictionary(d, 784, dictionary_file.string());
  VectorXd x(784);
  read_idx(image_file).copy_item(0, std::span(x.data(), 784));
  x = (x.array() / 255 - .1307) / .3081;
  const MatrixXd gram = gram_matrix(d);

  struct Known {
    double lambda, objective;
    int nonzeros;
  };
  for (const auto& [lambda, objective, nonzeros] :
       {Known{.1, 8.707692926, 153}, Known{.5, 35.943827026, 60}}) {
    CAPTURE(lambda);
    const LassoProblem problem{d, gram, x, lambda, true};
    const auto solution = coordinate_descent(problem);
    CHECK_THAT(solution.objective, WithinAbs(objective, 1e-9));
    CHECK((solution.codes.array().abs() > 1e-9).count() == nonzeros);
    CHECK(solution.gap <= 1e-12 * objective);
    CHECK_THAT(lasso_objective(d, x, solution.codes, lambda), WithinRel(solution.objective, 1e-14));
  }
  LassoOptions loose;
  loose.tolerance = 1e-6;
  const auto peer = fista({d, gram, x, .5, true}, largest_eigenvalue(gram), loose);
  CHECK_THAT(peer.objective, WithinRel(35.943827026, 1e-6));
}
