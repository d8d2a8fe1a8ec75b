#include "tlm/pattern_kernel.h"

#include <algorithm>
#include <utility>

#include "support/bits.h"
#include "support/counter_random.h"
#include "support/vector_clones.h"
#include "tlm/slot_kinds.h"

namespace reprise {
namespace {

constexpr std::size_t kMostRows = 8 * kMostPlanes;

/// A slot of a unit, and what its columns are like.
struct Slot {
  std::uint32_t unit = 0;
  std::uint32_t kind = 0;
  std::uint8_t number = 0;  ///< in the unit
};

std::uint32_t first_column(const ConversionRequest& request, std::size_t unit, std::size_t slot) {
  const auto columns = static_cast<std::size_t>(request.image.geometry.unit_columns);
  return static_cast<std::uint32_t>(unit * columns + slot * request.mapping.units[unit].slot_columns);
}

/// Draws are made for pairs of columns.
bool columns_pair(const ConversionRequest& request) {
  bool even = true;
  for_slots(request, [&](std::size_t unit, std::size_t slot, std::uint32_t) {
    if (first_column(request, unit, slot) % 2 != 0) even = false;
  });
  return even;
}

/// Of a row group.
unsigned most_rows(const LayerMapping& mapping) {
  unsigned rows = 0;
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    rows = std::max(rows, static_cast<unsigned>(mapping.rows_in_group(group)));
  }
  return rows;
}

}  // namespace

/// Puts the slots of a layer into blocks.
struct PatternKernel::Layout {
  Layout(PatternKernel& to, const ConversionRequest& of, SlotKinds& kinds)
      : kernel(to), request(of), slots(of.mapping.row_group_count()) {
    for_slots(of, [&](std::size_t unit, std::size_t slot, std::uint32_t engine) {
      const std::size_t kind = kinds.of(unit, slot, engine);
      if (to.tables_.corrects && to.tables_.exact[kind]) return;
      slots[of.mapping.units[unit].row_group].push_back(
          {static_cast<std::uint32_t>(unit), static_cast<std::uint32_t>(kind), static_cast<std::uint8_t>(slot)});
    });
    std::size_t lines = 0;
    std::size_t words = 0;
    for (std::size_t group = 0; group < slots.size(); ++group) add_group(group, lines, words);
    to.cells_.resize(lines);
    if (to.noise_) to.words_.resize(words);
    for (std::size_t group = 0; group < slots.size(); ++group) fill_group(group);
  }

  /// Splits its slots into chunks, whose cells and words follow those before.
  void add_group(std::size_t number, std::size_t& lines, std::size_t& words) {
    std::vector<Slot>& all = slots[number];
    const auto by_kind = [](const Slot& a, const Slot& b) { return a.kind < b.kind; };
    if (!std::is_sorted(all.begin(), all.end(), by_kind)) std::stable_sort(all.begin(), all.end(), by_kind);
    Group group;
    group.first_chunk = kernel.chunks_.size();
    group.rows = static_cast<unsigned>(request.mapping.rows_in_group(number));
    const std::size_t most = (kernel.noise_ ? kNoisyBlocks : kernel.window_blocks()) * kBlockSlots;
    for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
      while (end < all.size() && all[end].kind == all[first].kind && end - first < most) ++end;
      Chunk chunk;
      chunk.kind = all[first].kind;
      chunk.slots = static_cast<std::uint16_t>(end - first);
      chunk.blocks = static_cast<std::uint8_t>((end - first + kBlockSlots - 1) / kBlockSlots);
      chunk.halves = request.mapping.units[all[first].unit].slot_columns > 4 ? 2 : 1;
      chunk.first_line = static_cast<std::uint32_t>(lines);
      chunk.first_word = static_cast<std::uint32_t>(words);
      chunk.lines =
          static_cast<std::uint16_t>(kernel.adds_digits() ? group.rows : chunk.blocks * chunk.halves * group.planes());
      lines += chunk.lines;
      words += chunk.blocks * kBlockSlots;
      kernel.chunks_.push_back(chunk);
    }
    group.end_chunk = kernel.chunks_.size();
    kernel.groups_.push_back(group);
  }

  void fill_group(std::size_t number) {
    const Group& group = kernel.groups_[number];
    const Slot* slot = slots[number].data();
    for (std::size_t c = group.first_chunk; c < group.end_chunk; ++c) {
      Chunk& chunk = kernel.chunks_[c];
      chunk.first_entry = static_cast<std::uint32_t>(kernel.entries_.size());
      for (std::size_t lane = 0; lane < chunk.slots; ++lane) add_slot(group, *slot++, lane, chunk);
      set_order(chunk);
    }
    slots[number] = {};
  }

  void add_slot(const Group& group, const Slot& slot, std::size_t lane, const Chunk& chunk) {
    if (kernel.adds_digits()) {
      add_byte(group, slot, slot_place(lane), kernel.cells_.data() + chunk.first_line);
    } else {
      add_columns(group, slot, lane % kBlockSlots,
                  kernel.cells_.data() + chunk.first_line + lane / kBlockSlots * chunk.halves * group.planes());
    }
    if (kernel.noise_) {
      kernel.words_[chunk.first_word + lane] = first_column(request, slot.unit, slot.number) / 2 * kFoldStep;
    }
    for (std::size_t e = request.mapping.entries_begin(slot.unit); e < request.mapping.entries_end(slot.unit); ++e) {
      const ScatterEntry& entry = request.mapping.entries[e];
      if (entry.slot != slot.number) continue;
      kernel.entries_.push_back({static_cast<std::uint32_t>(lane), entry.output, entry.shift, entry.negative});
    }
  }

  /// The cells of a slot, row by row: CellArray::bits() without looking for the place anew.
  class SlotCells {
   public:
    SlotCells(const CellArray& cells, const OperationUnit& unit, const Slot& slot)
        : pitch_(cells.bytes_per_wordline()), mask_((1U << unit.slot_columns) - 1U) {
      const std::size_t bitline = unit.bitline + std::size_t{slot.number} * unit.slot_columns;
      shift_ = bitline % 8;
      two_ = shift_ + unit.slot_columns > 8;
      row_ = cells.wordline(unit.crossbar, unit.wordline) + bitline / 8;
    }

    unsigned next() {
      unsigned bytes = row_[0];
      if (two_) bytes |= static_cast<unsigned>(row_[1]) << 8U;
      row_ += pitch_;
      return bytes >> shift_ & mask_;
    }

   private:
    const std::uint8_t* row_;
    const std::size_t pitch_;
    const unsigned mask_;
    std::size_t shift_;
    bool two_;
  };

  /// The layout of DigitFunctions.
  void add_byte(const Group& group, const Slot& slot, std::size_t place, Line* rows) {
    const OperationUnit& unit = request.mapping.units[slot.unit];
    const unsigned sign = unit.signed_slots ? unit.slot_columns - 1U : 7U;
    SlotCells cells(request.image.cells, unit, slot);
    for (unsigned row = 0; row < group.rows; ++row) {
      const unsigned bits = cells.next();
      rows[row].bytes[place] = static_cast<std::uint8_t>(bits | (0U - (bits >> sign & 1U)) << sign);
    }
  }

  /// That of PatternFunctions.
  void add_columns(const Group& group, const Slot& slot, std::size_t lane, Line* block) {
    const OperationUnit& unit = request.mapping.units[slot.unit];
    SlotCells from(request.image.cells, unit, slot);
    for (std::size_t plane = 0; plane < group.planes(); ++plane) {
      std::uint64_t cells = 0;  // a byte a row
      for (std::size_t row = 8 * plane; row < std::min<std::size_t>(group.rows, 8 * plane + 8); ++row) {
        cells |= std::uint64_t{from.next()} << (8 * (row % 8));
      }
      const std::uint64_t columns = transpose_bits(cells);
      for (unsigned column = 0; column < unit.slot_columns; ++column) {
        block[std::size_t{column / 4} * group.planes() + plane].bytes[4 * lane + place_of(column)] =
            static_cast<std::uint8_t>(columns >> (8 * column));
      }
    }
  }

  /// Looks at the chunk's entries, which are the last ones, and drops them where they say nothing.
  void set_order(Chunk& chunk) {
    chunk.entry_count = static_cast<std::uint32_t>(kernel.entries_.size()) - chunk.first_entry;
    if (chunk.entry_count != chunk.slots) return;
    const Entry* const entries = kernel.entries_.data() + chunk.first_entry;
    chunk.first_output = entries->output;
    chunk.in_order = true;
    for (std::uint32_t i = 0; i < chunk.slots; ++i) {
      const Entry& entry = entries[i];
      chunk.in_order = chunk.in_order && entry.lane == i && entry.output == chunk.first_output + i &&
                       entry.shift == 0 && !entry.negative;
    }
    if (!chunk.in_order) return;
    kernel.entries_.resize(chunk.first_entry);
    chunk.entry_count = 0;
  }

  PatternKernel& kernel;
  const ConversionRequest& request;
  std::vector<std::vector<Slot>> slots;  ///< by row group
};

std::unique_ptr<PatternKernel> PatternKernel::make(const ConversionRequest& request) {
  const unsigned rows = most_rows(request.mapping);
  if (rows > kMostRows) return nullptr;
  const unsigned largest_sum = std::min(rows, static_cast<unsigned>(request.image.geometry.unit_rows));
  const Converter converter(request.adc, request.image.geometry.unit_rows, request.adcs);
  std::optional<ConversionNoise> noise;
  if (request.adc.noise) noise.emplace(*request.adc.noise);
  if (noise && !columns_pair(request)) return nullptr;
  SlotKinds kinds(request, converter, largest_sum);
  std::optional<PatternTables> tables =
      make_pattern_tables(kinds.all(), converter, noise ? &*noise : nullptr, largest_sum, rows);
  if (!tables) return nullptr;
  std::unique_ptr<PatternKernel> kernel(new PatternKernel(request, converter, std::move(noise), std::move(*tables)));
  const Layout layout(*kernel, request, kinds);
  return kernel;
}

PatternKernel::PatternKernel(const ConversionRequest& request, Converter converter,
                             std::optional<ConversionNoise> noise, PatternTables tables)
    : outputs_(request.mapping.initial_sums.size()),
      converter_(std::move(converter)),
      noise_(std::move(noise)),
      tables_(std::move(tables)),
      functions_(pattern_functions(request.instructions, tables_.limits)),
      digit_functions_(digit_functions(request.instructions)),
      finder_(request, tables_.least_sum, adds_digits()) {}

BlockRange PatternKernel::range_of(const Group& group, const Chunk& chunk) const {
  return {cells_.data() + chunk.first_line, chunk.blocks, group.planes(), chunk.halves};
}

void PatternKernel::add(const WindowRow& row, std::int32_t* sums) {
  if (cells_.empty()) return;
  finder_.begin(row);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    if (group.first_chunk == group.end_chunk) continue;
    finder_.find(g);
    if (finder_.noisy_uses().empty() && finder_.uses().empty()) continue;
    for (std::size_t chunk = group.first_chunk; chunk < group.end_chunk; ++chunk) {
      fetch_ahead(chunk);
      if (!finder_.noisy_uses().empty()) add_noisy(group, chunks_[chunk], sums);
      if (!finder_.uses().empty()) add_patterns(group, chunks_[chunk], row.count, sums);
    }
  }
}

/// Cells of all chunks lie one after the other; where patterns are few, it is they that are waited for.
void PatternKernel::fetch_ahead(std::size_t chunk) const {
  constexpr std::size_t kAhead = 4;
  const std::size_t last = chunks_.size() - 1;
  __builtin_prefetch(&chunks_[std::min(chunk + 2 * kAhead, last)]);
  const Chunk& next = chunks_[std::min(chunk + kAhead, last)];
  for (std::size_t line = 0; line < next.lines; ++line) __builtin_prefetch(&cells_[next.first_line + line]);
}

void PatternKernel::add_patterns(const Group& group, const Chunk& chunk, std::size_t windows, std::int32_t* sums) {
  if (is_whole(chunk)) return use_patterns(group, chunk, sums + chunk.first_output, outputs_);
  const std::size_t lanes = window_blocks() * kBlockSlots;
  lanes_.assign(windows * lanes, 0);
  use_patterns(group, chunk, lanes_.data(), lanes);
  const std::vector<PatternUses>& uses = finder_.uses();
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const std::size_t window = uses[i].window;
    if (i > 0 && uses[i - 1].window == window) continue;
    scatter(chunk, lanes_.data() + window * lanes, sums + window * outputs_);
  }
}

void PatternKernel::use_patterns(const Group& group, const Chunk& chunk, std::int32_t* to, std::size_t stride) {
  const PatternList patterns = finder_.patterns();
  const UseList uses{finder_.uses().data(), finder_.uses().size(), patterns.by_rows};
  if (adds_digits()) {
    digits_.resize(std::max({digits_.size(), patterns.count, kDigitPatterns}));
    for (const SumDigit& digit : tables_.digits[chunk.kind]) {
      digit_functions_.make(cells_.data() + chunk.first_line, group.rows, patterns, digit, digits_.data());
      if (patterns.by_rows) digits_.front() = {};
      digit_functions_.add(digits_.data(), uses, digit.factor, chunk.blocks, to, stride);
    }
    return;
  }
  const std::size_t numbers = patterns.by_rows ? patterns.any + 1 : patterns.count;
  pattern_sums_.resize(std::max(pattern_sums_.size(), numbers * kPairSlots));
  if (patterns.by_rows) std::fill_n(pattern_sums_.begin(), kPairSlots, std::int16_t{0});
  functions_.make_sums(range_of(group, chunk), patterns, tables_.outcomes[chunk.kind], pattern_sums_.data());
  functions_.add_uses(pattern_sums_.data(), uses, chunk.blocks, to, stride);
}

void PatternKernel::add_noisy(const Group& group, const Chunk& chunk, std::int32_t* sums) {
  const BlockRange range = range_of(group, chunk);
  const std::vector<NoisyUse>& uses = finder_.noisy_uses();
  const bool whole = is_whole(chunk);
  for (std::size_t i = 0; i < uses.size();) {
    const std::size_t first = i;
    while (i < uses.size() && uses[i].window == uses[first].window) ++i;
    std::int32_t* const of_window = sums + uses[first].window * outputs_;
    if (!whole) lanes_.assign(kNoisyBlocks * kBlockSlots, 0);
    functions_.add_noisy(range, {&uses[first], i - first}, tables_.outcomes[chunk.kind], tables_.noisy[chunk.kind],
                         words_.data() + chunk.first_word, whole ? of_window + chunk.first_output : lanes_.data());
    if (!whole) scatter(chunk, lanes_.data(), of_window);
  }
}

namespace {

REPRISE_VECTOR_CLONES void add_in_order(const std::int32_t* lanes, std::size_t count, std::int32_t* sums) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) + static_cast<std::uint32_t>(lanes[i]));
  }
}

}  // namespace

/// Adds the lanes to the sums of a window.
void PatternKernel::scatter(const Chunk& chunk, const std::int32_t* lanes, std::int32_t* sums) const {
  if (chunk.in_order) add_in_order(lanes, chunk.slots, sums + chunk.first_output);
  for (std::uint32_t i = 0; i < chunk.entry_count; ++i) {
    const Entry& entry = entries_[chunk.first_entry + i];
    const std::uint32_t amount = static_cast<std::uint32_t>(lanes[entry.lane]) << entry.shift;
    const auto sum = static_cast<std::uint32_t>(sums[entry.output]);
    sums[entry.output] = static_cast<std::int32_t>(entry.negative ? sum - amount : sum + amount);
  }
}

}  // namespace reprise
