// Patches: counted by hand, covering all, joined without loss.
#include <algorithm>

#include "apps/data/patches.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("patches lie on the stride and on the last edge", "[app][data]") {
  const PatchGrid grid = patch_grid(7, 5, 3, 2, 2);
  CHECK(grid.lefts == std::vector<std::size_t>{0, 2, 4});
  CHECK(grid.tops == std::vector<std::size_t>{0, 2, 3});
  CHECK(grid.count() == 9);
  CHECK(grid.features() == 6);
  CHECK(patch_grid(4, 4, 4, 4, 4).count() == 1);
  CHECK(patch_grid(8, 8, 4, 4, 4).count() == 4);
  const VectorXd pixels = VectorXd::LinSpaced(35, 0, 34);
  const MatrixXd patches = cut_patches(grid, pixels);
  REQUIRE(patches.rows() == 6);
  REQUIRE(patches.cols() == 9);
  VectorXd second(6), last(6);
  second << 2, 3, 4, 9, 10, 11;
  last << 25, 26, 27, 32, 33, 34;
  CHECK(patches.col(1) == second);
  CHECK(patches.col(8) == last);
}

TEST_CASE("joining what was cut gives the image back", "[app][data]") {
  std::srand(1);
  for (const auto& [w, h, pw, ph, stride] : std::vector<std::array<std::size_t, 5>>{
           {7, 5, 3, 2, 2}, {9, 9, 4, 4, 1}, {8, 6, 2, 2, 2}, {5, 4, 5, 4, 1}, {13, 4, 4, 3, 3}}) {
    CAPTURE(w, h, pw, ph, stride);
    const PatchGrid grid = patch_grid(w, h, pw, ph, stride);
    const VectorXd pixels = VectorXd::Random(static_cast<Eigen::Index>(w * h));
    const MatrixXd raw = cut_patches(grid, pixels);
    MatrixXd patches = raw;
    const VectorXd means = remove_means(patches);
    CHECK(patches.colwise().sum().cwiseAbs().maxCoeff() < 1e-12);
    CHECK_THAT(means[0], WithinAbs(raw.col(0).sum() / static_cast<double>(pw * ph), 1e-15));
    patches.rowwise() += means.transpose();
    CHECK((join_patches(grid, patches) - pixels).cwiseAbs().maxCoeff() < 1e-14);
  }
}

TEST_CASE("overlaps are averaged", "[app][data]") {
  const PatchGrid grid = patch_grid(3, 1, 2, 1, 1);
  MatrixXd patches(2, 2);
  patches << 1, 5, 3, 7;
  CHECK(join_patches(grid, patches) == VectorXd{{1, 4, 7}});
}

TEST_CASE("patches that cannot be are refused", "[app][data]") {
  CHECK_THAT(error_of([] { patch_grid(4, 4, 5, 2, 1); }), Contains("do not fit an image of 4 x 4"));
  CHECK_THAT(error_of([] { patch_grid(4, 4, 0, 2, 1); }), Contains("do not fit"));
  CHECK_THAT(error_of([] { patch_grid(4, 4, 2, 2, 0); }), Contains("stride of 0"));
  CHECK_THAT(error_of([] { patch_grid(8, 8, 3, 2, 3); }), Contains("stride of 3"));
  const PatchGrid grid = patch_grid(4, 4, 2, 2, 2);
  CHECK_THAT(error_of([&] { cut_patches(grid, VectorXd::Zero(15)); }), Contains("15 pixels"));
  CHECK_THAT(error_of([&] { join_patches(grid, MatrixXd::Zero(4, 3)); }), Contains("3 patches"));
  CHECK_THAT(error_of([&] { join_patches(grid, MatrixXd::Zero(5, 4)); }), Contains("5 features"));
}
