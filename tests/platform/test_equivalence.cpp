// Random layers: pin level, transaction level and the integer reference agree in everything.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "compression/image/image_file.h"
#include "tests/platform/equivalence_case.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;
using namespace reprise::test;

namespace {

/// A number from the environment, or `otherwise`.
unsigned setting(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

bool fails(const CaseParameters& parameters) {
  const auto sample = make_case(parameters);
  return sample && !difference(*sample).empty();
}

/// Makes the case small and leaves it where it can be looked at.
void report(unsigned seed) {
  const CaseParameters small = shrink(random_parameters(seed), fails);
  const EquivalenceCase sample = *make_case(small);
  const std::filesystem::path folder =
      std::filesystem::absolute("equivalence-failures") / ("seed-" + std::to_string(seed));
  save_case(sample, to_string(small) + "\n" + difference(sample), folder);
  FAIL_CHECK("seed " << seed << ", made small: " << to_string(small) << "\n  differ: " << difference(sample)
                     << "\n  reproduced by: reprise run " << folder.string() << "/rtl.yaml (or tlm.yaml) -o DIR");
}

void check_cases(unsigned otherwise) {
  const unsigned first = setting("REPRISE_EQUIVALENCE_SEED", 1);
  const unsigned count = setting("REPRISE_EQUIVALENCE_CASES", otherwise);
  std::cout << "equivalence: seeds " << first << " to " << first + count - 1 << std::endl;
  unsigned lossy = 0;
  for (unsigned seed = first; seed - first < count; ++seed) {
    const EquivalenceCase sample = *make_case(random_parameters(seed));
    if (!is_lossless(sample.machine.adc, sample.image.geometry.unit_rows)) ++lossy;
    const std::string differs = difference(sample);
    if (differs.empty()) continue;
    report(seed);
    return;  // the others most likely differ for the same reason
  }
  std::cout << "equivalence: " << count << " random layers agree, " << lossy << " of them with converters that clamp\n";
  CHECK(count > 0);
}

}  // namespace

TEST_CASE("equivalence of pin level, transaction level and reference on 500 random layers") {
  check_cases(500);
}

TEST_CASE("equivalence on at least 10,000 random layers", "[.long]") {
  check_cases(10000);
}

TEST_CASE("equivalence: cases cover what they should") {
  int filtered = 0, lossy = 0, lossless = 0, grouped = 0, several_engines = 0, waits = 0;
  int transfers = 0, values = 0, offsets = 0, noisy = 0;
  int copied = 0, balanced = 0, sequential = 0, synchronous = 0, in_flight = 0, contended = 0;
  std::vector<int> engines(kEngineKinds.size());
  for (unsigned seed = 1; seed <= 100; ++seed) {
    const CaseParameters parameters = random_parameters(seed);
    const EquivalenceCase sample = *make_case(parameters);
    filtered += parameters.block_rows > 0 ? 1 : 0;
    grouped += parameters.groups > 1 ? 1 : 0;
    waits += parameters.consumer > 0 ? 1 : 0;
    contended += parameters.contended;
    transfers += parameters.transfer > 0 ? 1 : 0;
    values += parameters.values;
    offsets += parameters.offsets > 0 ? 1 : 0;
    noisy += parameters.noise > 0 ? 1 : 0;
    (is_lossless(sample.machine.adc, parameters.unit_rows) ? lossless : lossy) += 1;
    several_engines += sample.image.mappings[0].engines.size() > 1 ? 1 : 0;
    ++engines[static_cast<std::size_t>(parameters.engine)];
    (parameters.balanced != 0 ? balanced : copied) += parameters.copies > 1 ? 1 : 0;
    sequential += parameters.execution == 1 ? 1 : 0;
    synchronous += parameters.execution == 2 ? 1 : 0;
    in_flight += parameters.in_flight > 1 && parameters.images > 1 ? 1 : 0;
  }
  for (const int count : {filtered, lossy, lossless, grouped, several_engines, waits, copied, sequential, synchronous,
                          in_flight, contended}) {
    CHECK(count >= 10);
  }
  for (const int count : {balanced, transfers, values, offsets, noisy}) CHECK(count >= 5);
  for (const int count : engines) CHECK(count >= 5);
}

TEST_CASE("equivalence: a case that fails is made small") {
  // As if two output channels and a kernel of more than one row made it fail.
  const auto pretended = [](const CaseParameters& p) {
    return make_case(p) && p.groups * p.outputs >= 2 && p.kernel_height >= 2 && p.adc_bits >= 3;
  };
  for (unsigned seed = 1, found = 0; found < 3; ++seed) {
    const CaseParameters parameters = random_parameters(seed);
    if (!pretended(parameters)) continue;
    ++found;
    const CaseParameters small = shrink(parameters, pretended);
    INFO(to_string(parameters));
    const std::string text = to_string(small);
    CHECK(small.groups * small.outputs == 2);
    CHECK(small.kernel_height == 2);
    CHECK(small.adc_bits == 3);
    CHECK(small.consumer == 0);
    CHECK(small.channels == 1);
    CHECK(small.width == 1);
    CHECK(text.size() < to_string(parameters).size() / 4);
  }
}

TEST_CASE("equivalence: a case can be saved and comes back as it was") {
  const EquivalenceCase sample = *make_case(random_parameters(3));
  const TemporaryFolder folder;
  save_case(sample, "a case", folder.path() / "case");
  const WeightImage image = read_image(folder.path() / "case" / "case.h5");
  CHECK(image.cells.bytes() == sample.image.cells.bytes());
  CHECK(std::filesystem::file_size(folder.path() / "case" / "images.raw") ==
        sample.inputs.size() * sample.inputs[0].size());
  CHECK(std::filesystem::exists(folder.path() / "case" / "rtl.yaml"));
}
