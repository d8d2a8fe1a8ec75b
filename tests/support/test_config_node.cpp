#include "support/config_node.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "support/config.h"
#include "support/config_reference.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

namespace reprise::config {
namespace {

using Catch::Contains;
using Catch::EndsWith;

struct Unit {
  int rows = 9;
  int columns = 8;
};
struct Chip {
  Unit unit;
  std::string name = "none";
  std::optional<Unit> spare;
  std::string file;
  std::vector<Unit> units;
};

const Table<Unit>& unit_table() {
  static const auto table = Table<Unit>("a unit")
                                .number("rows", &Unit::rows, 1, 128, "see [the machine](machine.md#units)")
                                .unit("lines")
                                .number("columns", &Unit::columns, 1, 128, "across");
  return table;
}

const Table<Chip>& chip_table() {
  static const auto table = Table<Chip>("a chip")
                                .section("unit", &Chip::unit, unit_table(), "the unit")
                                .text("name", &Chip::name, "its name")
                                .section("spare", &Chip::spare, unit_table(), "another")
                                .file("file", &Chip::file, "a file")
                                .list("units", &Chip::units, unit_table(), "more");
  return table;
}

TEST_CASE("layers: later files win, the file itself over all, mappings are merged") {
  const test::TemporaryFolder folder;
  folder.file("a.yaml", "unit: {rows: 1, columns: 2}\nname: a\n");
  folder.file("b.yaml", "unit: {rows: 3}\nname: b\n");
  const std::string file = folder.file("c.yaml", "include: [a.yaml, ./b.yaml]\nname: c\n");
  const Chip chip = load(file, chip_table());
  CHECK(chip.unit.rows == 3);
  CHECK(chip.unit.columns == 2);
  CHECK(chip.name == "c");
}

TEST_CASE("layers: nothing goes back to the default, but only over a value") {
  const test::TemporaryFolder folder;
  folder.file("a.yaml", "unit: {rows: 1}\nspare: {rows: 2}\n");
  const Chip chip = load(folder.file("b.yaml", "include: a.yaml\nunit:\nspare: null\n"), chip_table());
  CHECK(chip.unit.rows == 9);
  CHECK_FALSE(chip.spare.has_value());
  CHECK_THROWS_WITH(load(folder.file("c.yaml", "unit:\n"), chip_table()), Contains("c.yaml:1:1: unit: found no value"));
  const Chip reset =
      load(folder.file("d.yaml", "unit: {rows: 1, columns: 1}\n"), chip_table(), {{"unit.rows=null"}, {}});
  CHECK(reset.unit.rows == 9);
  CHECK(reset.unit.columns == 1);
  CHECK_THROWS_WITH(load(folder.file("e.yaml", "name: a\n"), chip_table(), {{"unit.rwos=null"}, {}}),
                    Contains("--set unit.rwos=null: unit.rwos: unknown key; did you mean rows?"));
}

TEST_CASE("layers: mistakes name the file that they stand in, paths start there") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "inner");
  const std::string inner = folder.file("inner/a.yaml", "file: data\nunit: {rows: 1000}\n");
  const std::string outer = folder.file("b.yaml", "include: inner/a.yaml\nnaem: x\n");
  CHECK_THROWS_WITH(load(outer, chip_table()), Contains("inner/a.yaml:2:14: unit.rows: 1000 is out of range") &&
                                                   Contains("b.yaml:2:1: naem: unknown key; did you mean name?"));
  const Chip chip = load(folder.file("c.yaml", "include: inner/a.yaml\nunit: {rows: 4}\n"), chip_table());
  CHECK(chip.file == (folder.path() / "inner" / "data").string());
  CHECK(chip.unit.rows == 4);
}

TEST_CASE("layers: circles, missing files and unknown presets are refused, a diamond is none") {
  const test::TemporaryFolder folder;
  folder.file("a.yaml", "include: [b.yaml]\n");
  const std::string circle = folder.file("b.yaml", "include: [a.yaml]\n");
  CHECK_THROWS_WITH(load(circle, chip_table()), Contains("a.yaml:1:11: include: ") && Contains("includes itself"));
  CHECK_THROWS_WITH(load(folder.file("self.yaml", "include: self.yaml\n"), chip_table()), Contains("includes itself"));
  CHECK_THROWS_WITH(load(folder.file("lost.yaml", "include: [nowhere.yaml]\n"), chip_table()),
                    Contains("lost.yaml:1:11: include: ") && Contains("nowhere.yaml: cannot be read"));
  CHECK_THROWS_WITH(load(folder.file("kind.yaml", "include: [[x]]\n"), chip_table()), Contains("expected a path"));
  folder.file("base.yaml", "name: base\n");
  folder.file("left.yaml", "include: base.yaml\n");
  folder.file("right.yaml", "include: base.yaml\nunit: {rows: 5}\n");
  CHECK(load(folder.file("diamond.yaml", "include: [left.yaml, right.yaml]\n"), chip_table()).unit.rows == 5);
  const std::string preset = folder.file("preset.yaml", "include: small\n");
  folder.file("small.yaml", "unit: {rows: 2}\n");
  CHECK(load(preset, chip_table(), {{}, folder.path()}).unit.rows == 2);
  CHECK_THROWS_WITH(load(folder.file("other.yaml", "include: tiny\n"), chip_table(), {{}, folder.path()}),
                    Contains("there is no preset tiny") && Contains("small"));
}

TEST_CASE("layers: settings are YAML, later ones win, mistakes name the setting") {
  const test::TemporaryFolder folder;
  const std::string file = folder.file("a.yaml", "unit: {rows: 1}\n");
  const auto with = [&](const std::vector<std::string>& settings) { return load(file, chip_table(), {settings, {}}); };
  const Chip chip = with({"unit.rows=5", "unit.rows=6", "name=\"7\"", "spare={rows: 8, columns: 9}"});
  CHECK(chip.unit.rows == 6);
  CHECK(chip.name == "7");
  CHECK(chip.spare->columns == 9);
  CHECK_THROWS_WITH(with({"unit.rows=many"}),
                    "--set unit.rows=many: unit.rows: found many; expected an integer in 1..128");
  CHECK_THROWS_WITH(with({"unit"}), EndsWith("expected KEY=VALUE"));
  CHECK_THROWS_WITH(with({"=3"}), EndsWith("expected KEY=VALUE"));
  CHECK_THROWS_WITH(with({"unit.rows=[1"}), Contains("expected valid YAML"));
  CHECK_THROWS_WITH(with({"name.spare=1"}), Contains("name: found a mapping"));
  CHECK_THROWS_WITH(with({"machine.spare.rows=1"}), Contains("machine: unknown key"));
  CHECK_THROWS_WITH(with({"spare.unit.rows=1"}), Contains("spare.unit: unknown key; did you mean unit?"));
}

TEST_CASE("layers: what is laid over twice is a duplicate still") {
  const test::TemporaryFolder folder;
  folder.file("a.yaml", "name: a\n");
  CHECK_THROWS_WITH(load(folder.file("b.yaml", "include: a.yaml\nname: b\nname: c\n"), chip_table()),
                    Contains("b.yaml:3:1: name: duplicate key"));
}

TEST_CASE("trees that never end, or grow without bound, are refused") {
  CHECK_THROWS_AS(parse("a: &a [*a]\n", "x", chip_table()), InputError);
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  CHECK_THROWS_WITH(parse(bomb, "x", chip_table()), Contains("a million values"));
}

/// A random mapping of three levels with few keys, so that layers meet.
Node random_tree(std::mt19937& random, int depth) {
  Node node;
  const auto kind = random() % 4;
  if (depth == 3 || kind == 0) {
    node.kind = Node::Kind::scalar;
    node.scalar = std::to_string(random() % 100);
    node.tag = "?";
    return node;
  }
  node.kind = Node::Kind::mapping;
  for (const char* key : {"a", "b", "c"}) {
    if (random() % 2 == 0) continue;
    Node name;
    name.kind = Node::Kind::scalar;
    name.scalar = key;
    name.tag = "?";
    node.keys.push_back(name);
    node.values.push_back(random_tree(random, depth + 1));
  }
  return node;
}

TEST_CASE("laid over: what the upper one says holds, the rest stays, and a second time changes nothing") {
  std::mt19937 random(5);
  for (int i = 0; i < 5000; ++i) {
    const Node lower = random_tree(random, 0);
    const Node upper = random_tree(random, 0);
    Node both = lower;
    lay_over(both, upper);
    Node again = both;
    lay_over(again, upper);
    CHECK(again.text() == both.text());
    if (!upper.is_mapping() || !lower.is_mapping()) {
      CHECK(both.text() == upper.text());
      continue;
    }
    for (const std::string key : {"a", "b", "c"}) {
      const Node* above = upper.find(key);
      const Node* below = lower.find(key);
      const Node* found = both.find(key);
      REQUIRE((found != nullptr) == (above != nullptr || below != nullptr));
      if (found == nullptr) continue;
      if (above == nullptr) CHECK(found->text() == below->text());
      if (below == nullptr || (above != nullptr && above->is_scalar())) CHECK(found->text() == above->text());
    }
  }
}

TEST_CASE("keys are described as they are read") {
  const std::vector<KeyDescription> keys = describe_keys(chip_table());
  REQUIRE(keys.size() == 11);
  CHECK(keys[0].path == "unit");
  CHECK(keys[0].section);
  CHECK(keys[1].path == "unit.rows");
  CHECK(keys[1].type == "integer");
  CHECK(keys[1].unit == "lines");
  CHECK(keys[1].range == "1..128");
  CHECK(keys[1].preset == "9");
  CHECK(keys[3].preset == "\"none\"");
  CHECK(keys[5].path == "spare.rows");
  CHECK(keys[5].preset == "9");
  CHECK(keys[9].path == "units[].rows");
  CHECK(plain_text(keys[1].meaning) == "see the machine");
}

TEST_CASE("lists of sections are read item by item") {
  const Chip chip = parse("units: [{rows: 1}, {columns: 2}]\n", "x", chip_table());
  REQUIRE(chip.units.size() == 2);
  CHECK(chip.units[1].columns == 2);
  CHECK(dump(parse(dump(chip, chip_table()), "y", chip_table()), chip_table()) == dump(chip, chip_table()));
  CHECK_THROWS_WITH(parse("units: [{rows: 1}, {rows: 0}]\n", "x", chip_table()),
                    "x:1:27: units[1].rows: 0 is out of range; expected an integer in 1..128");
}

}  // namespace
}  // namespace reprise::config
