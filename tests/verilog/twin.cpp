// Before <systemc>, whose time it would take for its own.
#include "Vevery_width.h"
//
#include <algorithm>

#include "twin.h"

namespace reprise::rtl::test {
namespace {

std::uint32_t lane(std::uint64_t lanes, std::size_t number) {
  return static_cast<std::uint32_t>(lanes >> (8 * number) & 0xFFU);
}

/// As every_width.v has it.
std::uint32_t packed(const ScatterEntry& entry) {
  const std::uint32_t negative = entry.negative ? 1 : 0;
  return negative << 14U | std::uint32_t{entry.shift} << 11U | std::uint32_t{entry.slot} << 6U | entry.output << 1U |
         1U;
}

}  // namespace

Twin::Twin() : model_(std::make_unique<Vevery_width>()) {}

Twin::~Twin() = default;

std::size_t Twin::columns() const {
  return model_->columns_of_unit;
}

std::size_t Twin::ports() const {
  return model_->ports;
}

int Twin::code_bits() const {
  return static_cast<int>(model_->code_bits);
}

bool Twin::finished() const {
  return model_->finished != 0;
}

void Twin::edge() {
  model_->clock = 1;
  model_->eval();
  model_->clock = 0;
  model_->eval();
}

void Twin::select(std::size_t columns) {
  model_->selected = static_cast<std::uint8_t>(columns - 1);
  model_->eval();
}

void Twin::reset() {
  model_->reset = 1;
  edge();
  model_->reset = 0;
}

std::size_t Twin::put_line(const ScatterEntry* entries, std::size_t count) {
  const std::size_t used = std::min(count, ports());
  std::fill_n(&model_->line_data[0], 5, 0U);
  model_->line_data[0] = used == count ? 1 : 0;
  for (std::size_t port = 0; port < used; ++port) {
    const std::size_t bit = 8 + 16 * port;
    model_->line_data[bit / 32] |= packed(entries[port]) << (bit % 32);
    if (bit % 32 > 16) model_->line_data[bit / 32 + 1] |= packed(entries[port]) >> (32 - bit % 32);
  }
  return used;
}

void Twin::load(const EngineProgram& program) {
  std::uint16_t line = 0;
  for (std::size_t unit = 0; unit < program.units.size(); ++unit) {
    model_->first_line_address = static_cast<std::uint8_t>(unit);
    model_->first_line_data = line;
    model_->write_first_line = 1;
    std::size_t entry = program.first_entries[unit];
    const std::size_t end = program.first_entries[unit + 1];
    do {
      entry += put_line(program.entries.data() + entry, end - entry);
      model_->line_address = line++;
      model_->write_line = 1;
      edge();
      model_->write_first_line = 0;
    } while (entry < end);
  }
  model_->write_line = 0;
}

void Twin::clock(const Inputs& inputs) {
  const Activation& activation = inputs.shift_add;
  model_->window_begins = inputs.begin ? 1 : 0;
  model_->window_ended = inputs.ended ? 1 : 0;
  model_->advance = inputs.advance ? 1 : 0;
  model_->valid = activation.valid ? 1 : 0;
  model_->unit = static_cast<std::uint8_t>(activation.unit);
  model_->input_bit = activation.bit;
  model_->columns = activation.columns;
  model_->slot_columns = activation.slot_columns;
  model_->signed_slots = activation.signed_slots ? 1 : 0;
  for (std::size_t c = 0; c < inputs.code.size(); ++c) model_->code[c] = inputs.code[c];
  edge();
}

std::vector<std::int32_t> Twin::partial() const {
  std::vector<std::int32_t> lanes(columns());
  for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k] = static_cast<std::int32_t>(model_->partial[k]);
  return lanes;
}

bool Twin::holds(const Activation& scatter) const {
  if (!scatter.valid || model_->scatter_valid == 0) return !scatter.valid && model_->scatter_valid == 0;
  return model_->scatter_unit == scatter.unit && model_->scatter_bit == scatter.bit;
}

std::vector<ScatterRequest> Twin::request() const {
  std::vector<ScatterRequest> lanes(ports());
  for (std::size_t port = 0; port < lanes.size(); ++port) {
    if ((model_->request_valid >> port & 1U) == 0) continue;
    lanes[port] = {
        true,
        {lane(model_->request_output, port), static_cast<std::uint8_t>(lane(model_->request_slot, port)),
         static_cast<std::uint8_t>(lane(model_->request_shift, port)), (model_->request_negative >> port & 1U) != 0}};
  }
  return lanes;
}

std::vector<std::int32_t> Twin::sums(std::size_t outputs) const {
  std::vector<std::int32_t> lanes(outputs);
  for (std::size_t o = 0; o < outputs; ++o) lanes[o] = static_cast<std::int32_t>(model_->sums[o]);
  return lanes;
}

}  // namespace reprise::rtl::test
