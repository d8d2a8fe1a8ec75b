#include <catch2/catch.hpp>

#include "support/error.h"
#include "tests/platform/tiny_network.h"
#include "tlm/floorplan.h"
#include "tlm/replication.h"

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;

namespace {

/// "conv.1": 16 windows of one unit on engine 0; "fc": one window on engine 1. Tiles of two engines.
WeightImage two_layers() {
  WeightImage image = empty_image({1, 4, 4});
  image.geometry.engines_per_tile = 2;
  add_convolution(image, "conv.1", kNetworkInput, {}, {1, 4, 4}, kOne, 0);
  add_convolution(image, "fc", 0, {4, 4, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 1, 1}, kOne, 1);
  return image;
}

MachineConfig machine_with(ReplicationKind kind, std::map<std::string, int> copies = {}) {
  MachineConfig machine;
  machine.mesh = {3, 1};  // six engines
  machine.replication.kind = kind;
  machine.replication.copies = std::move(copies);
  return machine;
}

using Copies = std::vector<std::size_t>;
using Engines = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("without replication every layer has one copy") {
  CHECK(layer_copies(two_layers(), machine_with(ReplicationKind::none)) == Copies{1, 1});
}

TEST_CASE("explicit copies go by name or pattern, and lie behind the engines of the image") {
  const WeightImage image = two_layers();
  for (const char* name : {"conv.1", "conv_1", "conv*"}) {
    CHECK(layer_copies(image, machine_with(ReplicationKind::given_explicitly, {{name, 3}})) == Copies{3, 1});
  }
  MachineConfig machine = machine_with(ReplicationKind::given_explicitly, {{"conv_1", 3}});
  machine.fidelity.rtl = {"conv_1"};
  const Floorplan plan = make_floorplan(image, machine);
  CHECK(plan.layers[0].engines == Engines{{0}, {2}, {3}});
  CHECK(plan.layers[1].engines == Engines{{1}});
  CHECK(plan.layers[0].all_engines() == std::vector<int>{0, 2, 3});
  CHECK(plan.tiles == 2);
  CHECK(plan.pin_level == std::set<int>{0, 2, 3});  // copies are modelled like what they copy
}

TEST_CASE("copies that there is no room for, or no layer, are refused") {
  const WeightImage image = two_layers();
  const auto refused = [&](MachineConfig machine) {
    try {
      layer_copies(image, machine);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using K = ReplicationKind;
  CHECK_THAT(refused(machine_with(K::given_explicitly, {{"conv_1", 6}})),
             Contains("6 copies of layer 'conv_1' need 5 further engines; 4 are left"));
  CHECK_THAT(refused(machine_with(K::given_explicitly, {{"fc", 2}})), Contains("2 copies of layer 'fc', which has 1"));
  CHECK_THAT(refused(machine_with(K::given_explicitly, {{"conv2", 2}})),
             Contains("no layer with processing engines is named 'conv2'; there are conv_1, fc"));
  CHECK_THAT(refused(machine_with(K::balanced, {{"fc", 1}})), Contains("replication.kind is not explicit"));
  MachineConfig few = machine_with(K::balanced);
  few.replication.engines = 1;
  CHECK_THAT(refused(few), Contains("1 engines do not suffice: 'tiny' uses 2"));
  few.replication.kind = K::none;
  CHECK_THAT(refused(few), Contains("replication.kind is none"));
}

TEST_CASE("balanced copies go to the layer that takes longest until that is over") {
  // conv.1: 16 windows of load 1 + fill 40 + 8 x 8 + write-back 1 = 106: 1696. fc: load 1 + 40 + 64 + 1 = 106.
  // The input takes 4 x (40 + 1) = 164: it is the longest once conv.1 has 11 copies, 154.2 each.
  const WeightImage image = two_layers();
  MachineConfig machine = machine_with(ReplicationKind::balanced);
  CHECK(layer_copies(image, machine) == Copies{5, 1});  // six engines
  machine.replication.engines = 4;
  CHECK(layer_copies(image, machine) == Copies{3, 1});
  machine.replication.engines.reset();
  machine.mesh = {20, 1};
  CHECK(layer_copies(image, machine) == Copies{11, 1});
  machine.memory_cycles = 0;  // 4 x 1: then fc would be the longest, with one window, once conv.1 has as many copies
  CHECK(layer_copies(image, machine) == Copies{16, 1});
}
