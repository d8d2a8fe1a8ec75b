// A converter of your own in the pin-level engines of one layer: own_adc IMAGE.h5 LAYER [MISSING_CODE].
// With all codes the outputs are the reference's; with one that never comes they are not.
#include <reprise/compression/image/image_file.h>
#include <reprise/compression/network/integer_reference.h>
#include <reprise/platform/simulation.h>
#include <reprise/rtl_models/adc_model.h>

#include <iostream>

/// Successive approximation, bit by bit.
class OwnAdc final : public reprise::rtl::AdcModel {
 public:
  OwnAdc(int bits, std::uint32_t missing_code, std::uint64_t& conversions)
      : bits_(bits), missing_code_(missing_code), conversions_(conversions) {}
  std::uint32_t convert(std::uint32_t sum) override {
    ++conversions_;
    std::uint32_t code = 0;
    for (int bit = bits_ - 1; bit >= 0; --bit) {
      const std::uint32_t trial = code | std::uint32_t{1} << bit;
      if (sum >= trial) code = trial;
    }
    return code == missing_code_ ? code - 1 : code;
  }

 private:
  const int bits_;
  const std::uint32_t missing_code_;
  std::uint64_t& conversions_;
};

int sc_main(int argc, char* argv[]) {
  const std::string layer = argv[2];
  const std::uint32_t missing_code = argc > 3 ? static_cast<std::uint32_t>(std::stoul(argv[3])) : ~std::uint32_t{0};
  const reprise::WeightImage image = reprise::read_image(argv[1]);
  std::uint64_t conversions = 0;
  std::vector<std::uint8_t> input(image.network.input_shape.size()), output;
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i * 37 % 251);
  reprise::SimulationRequest request{image,
                                     {},
                                     1,
                                     [&](std::size_t) { return input; },
                                     [&](std::size_t, const std::vector<std::uint8_t>& bytes) { output = bytes; },
                                     {},
                                     nullptr};
  request.machine.fidelity.rtl = {layer};
  request.machine.adc_models = [&](const std::string& /*name*/, const reprise::rtl::EngineConfig& config) {
    return std::make_unique<OwnAdc>(config.adc_bits, missing_code, conversions);
  };
  reprise::simulate(request);
  const bool equal = output == reprise::IntegerReference({image.network, image.reference_weights, {}}).output(input);
  std::cout << conversions << " conversions, " << (equal ? "equal to the reference\n" : "NOT equal to the reference\n");
  return conversions > 0 && equal == (argc <= 3) ? 0 : 4;
}
