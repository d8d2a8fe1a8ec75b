#include "rtl_models/adc_model.h"

#include "tests/sc_test.h"

using namespace reprise::rtl;

namespace {

class Doubling final : public AdcModel {
 public:
  std::uint32_t convert(std::uint32_t sum) override { return 2 * sum; }
};

}  // namespace

TEST_CASE("a converter of the user takes the place of the built-in one, by name") {
  use_adc_models([](const std::string& name, const EngineConfig&) -> std::unique_ptr<AdcModel> {
    return name == "mine" ? std::make_unique<Doubling>() : nullptr;
  });
  CHECK(make_adc_model("mine", {})->convert(5) == 10);
  CHECK(make_adc_model("another", {}) == nullptr);
  use_adc_models(nullptr);
  CHECK(make_adc_model("mine", {}) == nullptr);
}
