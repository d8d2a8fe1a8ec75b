// Which tables converters get, and digits by hand.
#include <catch2/catch.hpp>

#include "tlm/pattern_tables.h"

using namespace reprise;

namespace {

constexpr unsigned kRows = 9;

/// Of slots of eight signed columns.
PatternTables tables_of(const AdcConfig& adc) {
  return make_pattern_tables({{8, true, {}}}, Converter(adc, kRows, 1), nullptr, kRows, kRows).value();
}

/// Four bits, codes that stand for themselves but for one.
AdcConfig with_value(std::size_t code, int value) {
  AdcConfig adc{AdcKind::linear, 4};
  adc.values.emplace();
  for (int i = 0; i < 16; ++i) adc.values->push_back(i);
  adc.values->at(code) = value;
  return adc;
}

}  // namespace

TEST_CASE("what is added to one sum is one digit, or two") {
  const PatternTables more = tables_of(with_value(5, 6));
  REQUIRE(more.digits.at(0).size() == 1);
  CHECK(more.corrects);
  CHECK(more.digits[0][0].factor == 1);
  for (unsigned sum = 0; sum <= kRows; ++sum) CHECK(more.digits[0][0].columns[sum] == (sum == 5 ? 0xFF : 0));

  const PatternTables less = tables_of(with_value(5, 4));
  REQUIRE(less.digits.at(0).size() == 1);
  CHECK(less.digits[0][0].factor == -1);
  CHECK(less.digits[0][0].columns[5] == 0xFF);

  const PatternTables two_less = tables_of(with_value(5, 3));  // -2: the sign alone
  REQUIRE(two_less.digits.at(0).size() == 2);
  CHECK(two_less.digits[0][0].factor == 1);
  CHECK(two_less.digits[0][0].columns[5] == 0);
  CHECK(two_less.digits[0][1].factor == -2);
  CHECK(two_less.digits[0][1].columns[5] == 0xFF);
}

TEST_CASE("slots of four columns have four bits, or their sign repeated") {
  const AdcConfig adc = with_value(5, 6);
  const Converter converter(adc, kRows, 1);
  const PatternTables tables =
      make_pattern_tables({{4, false, {}}, {4, true, {}}}, converter, nullptr, kRows, kRows).value();
  CHECK(tables.digits.at(0).at(0).columns[5] == 0x0F);
  CHECK(tables.digits.at(1).at(0).columns[5] == 0xFF);
}

TEST_CASE("there are no digits where much is added, sums are large or only few patterns matter") {
  CHECK(tables_of(with_value(5, 9)).digits.empty());
  CHECK(tables_of({AdcKind::linear, 3}).digits.empty());
  const Converter converter(with_value(5, 6), kRows + 1, 1);
  CHECK(make_pattern_tables({{8, true, {}}}, converter, nullptr, kRows + 1, kRows + 1).value().digits.empty());
}
