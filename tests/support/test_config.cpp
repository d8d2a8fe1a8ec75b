#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>

#include "support/config.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

namespace reprise::config {
namespace {

enum class Kind { linear, ideal };

struct Size {
  int rows = 4;
  std::optional<int> columns;
};

struct Machine {
  int count = 3;
  std::int64_t offset = -5;
  std::uint64_t seed = 7;
  double clock = 0.1;
  bool skip = true;
  std::string title = "none";
  std::string images;
  std::vector<double> mean{0.5};
  Kind kind = Kind::ideal;
  Size size;
  std::optional<Size> spare;
  std::map<std::string, Size> parts;
};

const Table<Size>& size_table() {
  static const Table<Size> table = Table<Size>("a size")
                                       .number("rows", &Size::rows, 1, 128, "rows of cells")
                                       .number("columns", &Size::columns, 1, 128, "columns of cells");
  return table;
}

const Table<Machine>& machine_table() {
  constexpr double kLimit = std::numeric_limits<double>::max();
  static const Table<Machine> table =
      Table<Machine>("a machine")
          .number("count", &Machine::count, 0, 1000, "how many")
          .number("offset", &Machine::offset, std::numeric_limits<std::int64_t>::min(),
                  std::numeric_limits<std::int64_t>::max(), "where")
          .number("seed", &Machine::seed, 0, std::numeric_limits<std::uint64_t>::max(), "of random draws")
          .number("clock", &Machine::clock, -kLimit, kLimit, "rate")
          .flag("skip", &Machine::skip, "skips")
          .text("title", &Machine::title, "name")
          .file("images", &Machine::images, "input")
          .numbers("mean", &Machine::mean, -kLimit, kLimit, "averages")
          .choice("kind", &Machine::kind, {{"linear", Kind::linear}, {"ideal", Kind::ideal}}, "converter")
          .section("size", &Machine::size, size_table(), "extent")
          .section("spare", &Machine::spare, size_table(), "second extent")
          .map("parts", &Machine::parts, size_table(), "more extents");
  return table;
}

Machine parse_machine(const std::string& text) {
  return parse(text, "m.yaml", machine_table());
}

std::string mistakes_in(const std::string& text) {
  try {
    parse_machine(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

bool equal(const Size& a, const Size& b) {
  return a.rows == b.rows && a.columns == b.columns;
}

bool equal(const Machine& a, const Machine& b) {
  const auto same_part = [](const auto& x, const auto& y) { return x.first == y.first && equal(x.second, y.second); };
  return a.count == b.count && a.offset == b.offset && a.seed == b.seed && a.clock == b.clock && a.skip == b.skip &&
         a.title == b.title && a.images == b.images && a.mean == b.mean && a.kind == b.kind && equal(a.size, b.size) &&
         a.spare.has_value() == b.spare.has_value() && (!a.spare || equal(*a.spare, *b.spare)) &&
         std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(), same_part);
}

TEST_CASE("absent keys keep the defaults of the struct") {
  CHECK(equal(parse_machine("{}"), Machine()));
}

TEST_CASE("every kind of field is read") {
  const Machine machine = parse_machine(R"(
count: 1e3
offset: -9223372036854775808
seed: 18446744073709551615
clock: -2.5e-3
skip: false
title: "null"
images: /data/x.bin
mean: [1, .5, +2]
kind: linear
size: {rows: 9, columns: 8}
spare: {}
parts:
  first one: {rows: 2}
  b: {columns: 3}
)");
  CHECK(machine.count == 1000);
  CHECK(machine.offset == std::numeric_limits<std::int64_t>::min());
  CHECK(machine.seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(machine.clock == -0.0025);
  CHECK_FALSE(machine.skip);
  CHECK(machine.title == "null");
  CHECK(machine.images == "/data/x.bin");
  CHECK(machine.mean == std::vector<double>{1.0, 0.5, 2.0});
  CHECK(machine.kind == Kind::linear);
  CHECK(equal(machine.size, {9, 8}));
  REQUIRE(machine.spare.has_value());
  CHECK(equal(*machine.spare, Size()));
  REQUIRE(machine.parts.size() == 2);
  CHECK(equal(machine.parts.at("first one"), {2, std::nullopt}));
  CHECK(equal(machine.parts.at("b"), {4, 3}));
}

TEST_CASE("all mistakes are reported at once, in order, with their places") {
  CHECK(mistakes_in("count: 1001\n"
                    "skip: yes\n"
                    "size: {rwos: 5, rows: 0, rows: 2}\n"
                    "mean: [1, x]\n"
                    "kind: cubic\n"
                    "spare:\n"
                    "parts:\n"
                    "  a: 3\n"
                    "quite_different: 1\n") ==
        "m.yaml:1:8: count: 1001 is out of range; expected an integer in 0..1000\n"
        "m.yaml:2:7: skip: found yes; expected true or false\n"
        "m.yaml:3:8: size.rwos: unknown key; did you mean rows?\n"
        "m.yaml:3:23: size.rows: 0 is out of range; expected an integer in 1..128\n"
        "m.yaml:3:26: size.rows: duplicate key; expected each key once\n"
        "m.yaml:4:11: mean[1]: found x; expected a number\n"
        "m.yaml:5:7: kind: found cubic; expected one of linear, ideal\n"
        "m.yaml:6:1: spare: found no value; expected a mapping\n"
        "m.yaml:8:6: parts.a: found 3; expected a mapping\n"
        "m.yaml:9:1: quite_different: unknown key; expected one of count, offset, seed, clock, skip, title, images, "
        "mean, kind, size, spare, parts");
}

TEST_CASE("a mistake is one line, whatever text is at fault") {
  CHECK(mistakes_in("count: \"a\\n\\n\"") ==
        "m.yaml:1:8: count: found \"a\\x0a\\x0a\"; expected an integer in 0..1000");
}

TEST_CASE("numbers are plain decimals of the right kind") {
  for (const char* text : {"010", "0x1F", "1_000", "1.5", "\"5\"", "!!int 5", ".inf", ".nan", "nan", "inf", "1e",  "e1",
                           "-",   "+",    "--1",   "+-1", "0b1",   "5 6",     "[5]",  "{}",   "~",   "1.",  "true"}) {
    INFO(text);
    const bool whole = std::string(text) == "1.";
    CHECK((mistakes_in(std::string("count: ") + text).empty()) == whole);
  }
  for (const char* text : {"-1", "1001", "1e9", "1e999", "99999999999999999999999"}) {
    INFO(text);
    CHECK_THAT(mistakes_in(std::string("count: ") + text), Catch::Contains("is out of range"));
  }
  CHECK_THAT(mistakes_in("seed: 18446744073709551616"), Catch::Contains("is out of range"));
  CHECK_THAT(mistakes_in("offset: 9223372036854775808"), Catch::Contains("is out of range"));
  CHECK(parse_machine("seed: 9007199254740993").seed == 9007199254740993U);
}

TEST_CASE("required keys must be given, also within sections that are absent") {
  struct Inner {
    int x = 0;
  };
  struct Outer {
    Inner inner;
    std::optional<Inner> maybe;
  };
  const auto inner = Table<Inner>("inner").number("x", &Inner::x, 0, 9, "a digit").required();
  const auto outer =
      Table<Outer>("outer").section("inner", &Outer::inner, inner, "in").section("maybe", &Outer::maybe, inner, "in");
  CHECK_THROWS_WITH(parse("{}", "r.yaml", outer),
                    "r.yaml:1:1: inner.x: missing key (a digit); expected an integer in 0..9");
  CHECK_THROWS_WITH(parse("inner: {x: 1}\nmaybe: {}", "r.yaml", outer),
                    "r.yaml:2:8: maybe.x: missing key (a digit); expected an integer in 0..9");
  CHECK(parse("inner: {x: 4}", "r.yaml", outer).inner.x == 4);
}

TEST_CASE("text that is no mapping is one clear error") {
  CHECK(mistakes_in("") == "m.yaml:1:1: the file is empty; expected a mapping: a machine");
  CHECK(mistakes_in("# only a comment\n") == mistakes_in(""));
  CHECK(mistakes_in("- 1\n") == "m.yaml:1:1: found a list; expected a mapping");
  CHECK(mistakes_in("hello") == "m.yaml:1:1: found hello; expected a mapping");
  CHECK_THAT(mistakes_in("count: 1\nmean: [1, 2\n"), Catch::StartsWith("m.yaml:3:1: ") && Catch::Contains("YAML"));
  CHECK(mistakes_in("count: 1\n---\ncount: 2\n") ==
        "m.yaml:2:1: stray text or a second document begins here; expected one mapping");
  CHECK_THAT(mistakes_in(",count: 1\n"), Catch::StartsWith("m.yaml:1:1: stray text"));
  CHECK(mistakes_in("---\ncount: 1\n...\n# the end\n").empty());
  CHECK_THAT(mistakes_in("? [a]\n: 1\n"), Catch::Contains("a key is not text"));
  CHECK_THAT(mistakes_in(std::string(100000, '[')), Catch::StartsWith("m.yaml:1:"));
}

TEST_CASE("names or files: a known name stays as it is, anything with a dot or a slash is a path") {
  struct Choice {
    std::string what;
  };
  const auto table = Table<Choice>("a choice").name_or_file("what", &Choice::what, {"one", "two"}, "what is chosen");
  const auto choice = [&](const std::string& value) {
    return reprise::config::parse("what: " + value, "/folder/m.yaml", table).what;
  };
  CHECK(choice("one") == "one");
  CHECK(choice("\"two\"") == "two");
  CHECK(choice("./one") == "/folder/one");
  CHECK(choice("three.yaml") == "/folder/three.yaml");
  CHECK(choice("/three") == "/three");
  CHECK_THROWS_WITH(choice("three"), "/folder/m.yaml:1:7: what: found three; expected one of one, two, or a path");
  CHECK_THROWS_WITH(choice("[one]"), "/folder/m.yaml:1:7: what: found a list; expected one of one, two, or a path");
  CHECK(reprise::config::parse(dump(Choice{"two"}, table), "m.yaml", table).what == "two");
}

TEST_CASE("files: relative paths are resolved against the folder of the YAML file") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "sub");
  const std::string file = folder.file("sub/m.yaml", "images: ../data/x.bin\n");
  CHECK(load(file, machine_table()).images == (folder.path() / "data" / "x.bin").string());
  CHECK_THROWS_WITH(load(folder.path() / "none.yaml", machine_table()), Catch::Contains("none.yaml: cannot be read"));
  CHECK_THROWS_WITH(load(folder.path(), machine_table()), Catch::Contains(": cannot be read"));
}

TEST_CASE("numbers or files: a list, or a file of one, and mistakes name the file's line") {
  struct Curve {
    std::vector<double> points;
  };
  using Points = std::vector<double>;
  const auto table = Table<Curve>("a curve").numbers_or_file("points", &Curve::points, 0.0, 10.0, "of the curve");
  const test::TemporaryFolder folder;
  const auto points = [&](const std::string& value) {
    return load(folder.file("m.yaml", "points: " + value), table).points;
  };
  const auto in = [&](const std::string& name) { return (folder.path() / name).string(); };
  const auto fault = [&](const std::string& name, const std::string& content, const std::string& message) {
    folder.file(name, content);
    INFO(content);
    CHECK_THROWS_WITH(points(name), Catch::Contains(message));
  };
  CHECK(points("[1, 2.5]") == Points{1, 2.5});
  folder.file("p.csv", "# measured\nsum, code\r\n0, 0.5\n\n1,2\n2,\t10\n");
  CHECK(points("p.csv") == Points{0.5, 2, 10});
  folder.file("p.yaml", "- 3\n- 4e0\n");
  CHECK(points("./p.yaml") == Points{3, 4});
  CHECK(dump(Curve{{3, 4}}, table) == "points: [3, 4]\n");
  fault("a.csv", "0,1\n2,2\n", in("a.csv") + ":2: found 2,2; expected 1,number");
  fault("b.csv", "0,1\nsum,code\n", in("b.csv") + ":2: found sum,code; expected 1,number");
  fault("c.csv", "0\n", in("c.csv") + ":1: found 0; expected 0,number");
  fault("d.csv", "0,1\n1, two\n", in("d.csv") + ":2:3: points[1]: found two; expected a number in 0..10");
  fault("e.csv", "0,11\n", in("e.csv") + ":1:3: points[0]: 11 is out of range; expected a number in 0..10");
  fault("f.csv", "0,1,2\n", in("f.csv") + ":1:3: points[0]: found 1,2; expected");
  fault("g.yaml", "- 1\n- x\n", in("g.yaml") + ":2:3: points[1]: found x; expected");
  fault("h.yaml", "a: 1\n", "m.yaml:1:9: points: " + in("h.yaml") + ": expected a list of numbers");
  CHECK_THROWS_WITH(points("none.csv"), Catch::Contains("m.yaml:1:9: points: " + in("none.csv") + ": cannot be read"));
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  int below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(limit)); }
  double real() {
    for (;;) {
      const std::uint64_t raw = bits();
      double value = 0.0;
      std::memcpy(&value, &raw, sizeof value);
      if (std::isnormal(value)) return value;
    }
  }
  std::string text() {
    static const std::vector<std::string> pieces{"a", "~", "null", ": ", "#", "\"", "'", "\\", "\n", "\t", "\x01",
                                                 "é", "{", "]",    "- ", "%", "!",  "&", "*",  " ",  "0",  "true"};
    std::string text;
    for (int i = below(8); i > 0; --i) text += pieces[static_cast<std::size_t>(below(static_cast<int>(pieces.size())))];
    return text;
  }
  Size size() {
    Size size{1 + below(128), std::nullopt};
    if (below(2) == 0) size.columns = 1 + below(128);
    return size;
  }
  Machine machine() {
    Machine machine;
    machine.count = below(1001);
    machine.offset = static_cast<std::int64_t>(bits());
    machine.seed = bits();
    machine.clock = real();
    machine.skip = below(2) == 0;
    machine.title = text();
    machine.images = "/folder/" + std::to_string(below(99));
    machine.mean.clear();
    for (int i = below(4); i > 0; --i) machine.mean.push_back(real());
    machine.kind = below(2) == 0 ? Kind::linear : Kind::ideal;
    machine.size = size();
    if (below(2) == 0) machine.spare = size();
    for (int i = below(4); i > 0; --i) machine.parts[text()] = size();
    return machine;
  }

 private:
  std::mt19937_64 engine_;
};

TEST_CASE("what is dumped parses back to the same value") {
  constexpr int kSeeds = 2000;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Machine machine = Random(static_cast<std::uint64_t>(seed)).machine();
    const std::string text = dump(machine, machine_table());
    INFO("seed " << seed << "\n" << text);
    REQUIRE(equal(parse_machine(text), machine));
  }
}

TEST_CASE("damaged text is read or refused, never worse") {
  constexpr int kSeeds = 3000;
  int refused = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    std::string text = dump(random.machine(), machine_table());
    for (int i = 1 + random.below(4); i > 0; --i) {
      const auto at = static_cast<std::size_t>(random.below(static_cast<int>(text.size())));
      text[at] = static_cast<char>(random.below(3) == 0 ? random.below(256) : "[]{}:,\"&*!-?\n #"[random.below(15)]);
    }
    INFO("seed " << seed);
    try {
      parse_machine(text);
    } catch (const InputError& error) {
      ++refused;
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);) CHECK_FALSE(line.empty());
    }
  }
  CHECK(refused > kSeeds / 2);
}

}  // namespace
}  // namespace reprise::config
