#pragma once

#include <cstdint>
#include <optional>

#include "compression/image/weight_image.h"
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

  /// Throws InputError where an operation unit is larger than a crossbar.
  Geometry geometry() const;
  std::int64_t engines() const { return std::int64_t{mesh.columns} * mesh.rows * tile.engines; }
};

/// How weights become cells. `engine`, `granularity` and `encoding` are the YAML section `mapping`.
struct MappingConfig {
  std::optional<EngineKind> engine;               ///< absent: wpr, or what the passes ask for
  Granularity granularity = Granularity::kernel;  ///< of engines that share patterns; the others map whole kernels
  Encoding encoding = Encoding::twos_complement;
  HardwareConfig hardware;  ///< a section of its own, filled by the caller
};

config::Table<HardwareConfig> hardware_table();
config::Table<MappingConfig> mapping_table();

}  // namespace reprise
