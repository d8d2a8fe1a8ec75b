#include <catch2/catch.hpp>

#include "compression/image/plain_names.h"

TEST_CASE("Plain names have letters, digits and _ only, and differ") {
  using reprise::plain_names;
  CHECK(plain_names({"/0/Conv", "a.b", "c_d9"}) == std::vector<std::string>{"_0_Conv", "a_b", "c_d9"});
  CHECK(plain_names({"", "0/Conv"}) == std::vector<std::string>{"layer_", "layer_0_Conv"});
  CHECK(plain_names({"a/b", "a.b", "a_b", "a_b_"}) == std::vector<std::string>{"a_b", "a_b_", "a_b__", "a_b___"});
  CHECK(plain_names({"\xC3\xA9"}) == std::vector<std::string>{"__"});
  CHECK(plain_names({}).empty());
}
