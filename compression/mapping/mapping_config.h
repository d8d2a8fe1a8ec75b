#pragma once

#include <cstdint>
#include <optional>

#include "compression/image/weight_image.h"
#include "compression/network/row_groups.h"
#include "support/config.h"

namespace reprise {

/// The chip that a network is laid out for, as in the YAML section `hardware`.
struct HardwareConfig {
  struct Crossbar {
    int rows = 128;
    int columns = 128;
  };
  struct Unit {
    int rows = 9;
    int columns = 8;
    std::optional<int> group_rows{};  ///< of a row group; more than `rows`: units are formed; absent: rows
  };
  struct Engine {
    int crossbars = 8;
  };
  struct Tile {
    int engines = 12;
  };
  struct Mesh {
    int columns = 14;  ///< in tiles
    int rows = 12;
  };
  Crossbar crossbar;
  Unit operation_unit;
  Engine engine;
  Tile tile;
  Mesh mesh;

  /// Throws InputError where an operation unit is larger than a crossbar, or a row group than a column of units.
  Geometry geometry() const;
  UnitShape unit_shape() const;
  std::int64_t engines() const { return std::int64_t{mesh.columns} * mesh.rows * tile.engines; }
};

/// How weights become cells. All but the hardware is the YAML section `mapping`.
struct MappingConfig {
  std::optional<EngineKind> engine;               ///< absent: wpr, or what the passes ask for
  Granularity granularity = Granularity::kernel;  ///< of engines that share patterns; the others map whole kernels
  Encoding encoding = Encoding::twos_complement;
  HardwareConfig hardware;             ///< a section of its own, filled by the caller
  std::optional<int> engine_budget{};  ///< engines to spread the layers over; absent: as few as hold them
};

config::Table<HardwareConfig> hardware_table();
config::Table<MappingConfig> mapping_table();

}  // namespace reprise
