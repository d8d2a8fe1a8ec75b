#include <catch2/catch.hpp>

#include "compression/passes/compression_config.h"
#include "support/error.h"

using namespace reprise;

TEST_CASE("A preset runs its passes and no others, as their sections say") {
  CompressionConfig config;
  config.pattern_pruning.emplace().kept = {0.5};
  config.pattern_transform.emplace().distinct = {0.25};
  SECTION("pruning") {
    config.preset = CompressionPreset::pruning;
    apply_preset(config);
    REQUIRE(config.pattern_pruning);
    CHECK(config.pattern_pruning->kept == std::vector<double>{0.5});
    CHECK(config.activation_pruning);
    CHECK_FALSE(config.patch_quantisation);
    CHECK_FALSE(config.pattern_transform);
  }
  SECTION("reuse") {
    config.preset = CompressionPreset::reuse;
    apply_preset(config);
    REQUIRE(config.pattern_transform);
    CHECK(config.pattern_transform->distinct == std::vector<double>{0.25});
    CHECK_FALSE(config.pattern_pruning);
  }
  SECTION("all") {
    config.preset = CompressionPreset::all;
    apply_preset(config);
    CHECK(config.pattern_pruning->kept == std::vector<double>{0.5});
    CHECK(config.patch_quantisation);
  }
  SECTION("none: the passes that have a section") {
    apply_preset(config);
    CHECK(config.pattern_pruning);
    CHECK(config.pattern_transform);
    CHECK_FALSE(config.activation_pruning);
  }
}

TEST_CASE("A compression without a pass is refused") {
  CompressionConfig config;
  CHECK_THROWS_AS(apply_preset(config), InputError);
}
