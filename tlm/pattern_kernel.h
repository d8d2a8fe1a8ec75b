#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "support/aligned_vector.h"
#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"
#include "tlm/pattern_finder.h"
#include "tlm/pattern_functions.h"
#include "tlm/pattern_tables.h"
#include "tlm/slot_digits.h"

namespace reprise {

/// The sums of a layer by the patterns of its input bits: what the units of a row group make of a pattern is worked out
/// once for all windows of the output row and input bits that show it: digits of what converters add (slot_digits.h),
/// or what all codes add up to (pattern_functions.h). Where conversions are noisy, for each window and input bit.
class PatternKernel final : public ConversionKernel {
 public:
  /// Nothing where the layer's units or the converters are not such that it can: rows beyond 64 in a row group,
  /// unsigned slots of 8 columns, values of codes beyond 255, ...
  static std::unique_ptr<PatternKernel> make(const ConversionRequest& request);

  bool corrects() const override { return tables_.corrects; }
  void add(const WindowRow& row, std::int32_t* sums) override;

 private:
  static constexpr std::size_t kChunkBlocks = 2;   ///< at once: their sums of all patterns stay in the nearest cache
  static constexpr std::size_t kNoisyBlocks = 32;  ///< the same where there are none

  /// Where a slot's sums go.
  struct Entry {
    std::uint32_t lane = 0;  ///< of the chunk
    std::uint32_t output = 0;
    std::uint8_t shift = 0;
    bool negative = false;
  };

  /// Blocks of one kind of slots of one row group. Few bytes: of some layers there are hundreds of thousands, which no
  /// cache holds.
  struct Chunk {
    std::uint32_t first_line = 0;   ///< of its cells
    std::uint32_t first_word = 0;   ///< of noise
    std::uint32_t first_entry = 0;  ///< of entries_, where not in order
    std::uint32_t entry_count = 0;
    std::uint32_t first_output = 0;  ///< where in order
    std::uint32_t kind = 0;
    std::uint16_t slots = 0;  ///< in use
    std::uint16_t lines = 0;  ///< of cells
    std::uint8_t blocks = 0;
    std::uint8_t halves = 2;
    bool in_order = false;  ///< slot i goes to output first_output + i as it is, and to none else
  };

  struct Group {
    unsigned rows = 0;
    std::size_t first_chunk = 0;
    std::size_t end_chunk = 0;

    unsigned planes() const { return (rows + 7) / 8; }
  };

  struct Layout;

  PatternKernel(const ConversionRequest& request, Converter converter, std::optional<ConversionNoise> noise,
                PatternTables tables);
  BlockRange range_of(const Group& group, const Chunk& chunk) const;
  void add_patterns(const Group& group, const Chunk& chunk, std::size_t windows, std::int32_t* sums);
  void use_patterns(const Group& group, const Chunk& chunk, std::int32_t* to, std::size_t stride);
  void add_noisy(const Group& group, const Chunk& chunk, std::int32_t* sums);
  void fetch_ahead(std::size_t chunk) const;
  void scatter(const Chunk& chunk, const std::int32_t* lanes, std::int32_t* sums) const;
  bool is_whole(const Chunk& chunk) const { return chunk.in_order && chunk.slots == chunk.blocks * kBlockSlots; }

  bool adds_digits() const { return !tables_.digits.empty(); }
  /// Of a chunk, at most, whose patterns are made once for all windows.
  std::size_t window_blocks() const { return adds_digits() ? kLineBlocks : kChunkBlocks; }

  const std::size_t outputs_;
  const Converter converter_;
  const std::optional<ConversionNoise> noise_;
  const PatternTables tables_;
  const PatternFunctions functions_;
  const DigitFunctions digit_functions_;
  PatternFinder finder_;
  std::vector<Group> groups_;
  std::vector<Chunk> chunks_;
  std::vector<Entry> entries_;
  std::vector<Line> cells_;
  std::vector<std::uint32_t>
      words_;  ///< of noise: [block][slot], half the number of the slot's first column, times kFoldStep
  AlignedVector<std::int16_t> pattern_sums_;  ///< of the chunk at work, as PatternFunctions::make_sums() makes them
  std::vector<Line> digits_;                  ///< the same, as DigitFunctions::make() makes them
  AlignedVector<std::int32_t> lanes_;         ///< of the chunk at work, of all windows or, with noise, of one
};

}  // namespace reprise
