#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "compression/image/image_file.h"
#include "support/error.h"
#include "tests/network/onnx_builder.h"
#include "tests/scenarios/workshop.h"

// Whatever is wrong with what the program is given: one clear error, exit code 2, and no file written.

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;
using Arguments = std::vector<std::string>;

/// The program refuses: one line on standard error, nothing on standard output, no file made or changed in size.
void check_refused(const Workshop& workshop, const Arguments& arguments, const std::vector<std::string>& expected) {
  const std::vector<std::string> before = workshop.listing();
  Arguments all{"-q"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Outcome outcome = run_program(all);
  INFO(outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.rfind("reprise: ", 0) == 0);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  for (const std::string& part : expected) CHECK_THAT(outcome.err, Contains(part));
  CHECK(workshop.listing() == before);
}

Arguments compress(const Workshop& workshop, const std::string& network, const std::string& output = "new.h5") {
  return {"compress", network, "-c", workshop.path("compress.yaml"), "-o", workshop.path(output)};
}

Arguments run(const Workshop& workshop, const std::string& image, const std::string& output = "new") {
  return {"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path(output)};
}

/// The file with `from` once replaced by `to`.
void edit(const Workshop& workshop, const std::string& name, const std::string& from, const std::string& to) {
  std::string text = read_text(workshop.path(name));
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  workshop.file(name, text.replace(place, from.size(), to));
}

TEST_CASE("wrong usage") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const std::vector<Arguments> calls = {
      {},
      {"simulate"},
      {"--fast"},
      {"inspect"},
      {"inspect", image, image},
      {"run", workshop.path("run.yaml")},
      {"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("new"), "--count", "0"},
      {"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("new"), "--count", "many"},
      {"compress", network_file("lenet5"), "-o", workshop.path("new.h5")},
      {"compress", network_file("lenet5"), "-c", workshop.path("compress.yaml"), "-o", workshop.path("new.h5"),
       "--engine", "sparse"},
      {"compare", workshop.path("one")},
  };
  const std::vector<std::string> before = workshop.listing();
  for (const Arguments& call : calls) {
    const Outcome outcome = run_program(call);
    INFO(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains("--help"));
  }
  CHECK(workshop.listing() == before);
  for (const Arguments& call : std::vector<Arguments>{{"--help"}, {"--version"}, {"run", "--help"}}) {
    const Outcome outcome = run_program(call);
    CHECK(outcome.code == 0);
    CHECK(!outcome.out.empty());
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("files that are missing or something else") {
  const Workshop workshop;
  const std::string lenet5 = network_file("lenet5");
  const std::string image = workshop.compress(lenet5, "image.h5");
  const std::string absent = workshop.path("absent");
  const std::string folder = workshop.path("");
  check_refused(workshop, {"inspect", absent}, {absent});
  check_refused(workshop, {"inspect", folder}, {folder});
  check_refused(workshop, {"inspect", lenet5}, {lenet5, "not a Reprise weight image"});
  check_refused(workshop, {"run", absent, "-o", workshop.path("new")}, {absent});
  check_refused(workshop, {"run", image, "--image", image, "-o", workshop.path("new")}, {image});
  check_refused(workshop, run(workshop, absent), {absent});
  check_refused(workshop, run(workshop, lenet5), {lenet5, "not a Reprise weight image"});
  check_refused(workshop, {"run", workshop.path("run.yaml"), "-o", workshop.path("new")}, {"run.yaml: image: missing"});
  check_refused(workshop, compress(workshop, absent), {absent});
  check_refused(workshop, compress(workshop, image), {image, "not an ONNX model"});
  check_refused(workshop, {"compare", folder, folder}, {"results.json"});
  workshop.file("results.json", "{\"schema_version\": 99}");
  check_refused(workshop, {"compare", folder, folder}, {"schema_version"});
  workshop.file("results.json", "{\"schema_version\": 2}");
  check_refused(workshop, {"compare", folder, folder}, {"results.json"});
  workshop.file("results.json", "[1, 2]");
  check_refused(workshop, {"compare", folder, folder}, {"results.json"});
  workshop.file("results.json", "{");
  check_refused(workshop, {"compare", folder, folder}, {"results.json"});
}

TEST_CASE("an export that cannot be written is refused before the work") {
  const Workshop workshop;
  const std::string network = workshop.file("net.onnx", read_text(network_file("lenet5")));
  const auto exported_to = [&](const std::string& file) {
    Arguments arguments = compress(workshop, network);
    arguments.insert(arguments.end(), {"--export-onnx", file});
    return arguments;
  };
  check_refused(workshop, exported_to(workshop.path("new.h5")), {"--export-onnx", "new.h5", "ends in .onnx"});
  check_refused(workshop, exported_to(workshop.path("absent/new.onnx")), {"--export-onnx", "there is no folder"});
  check_refused(workshop, exported_to(network), {"--export-onnx", "net.onnx", "the trained network"});
  check_refused(workshop, exported_to(workshop.path("./net.onnx")), {"the trained network"});
  CHECK(run_program(exported_to(workshop.path("new.onnx"))).code == 0);
  CHECK(!read_text(workshop.path("new.onnx")).empty());
}

TEST_CASE("a damaged weight image is refused, wherever it is damaged") {
  const Workshop workshop;
  const std::string path = workshop.compress(network_file("lenet5"), "image.h5");
  const std::string whole = read_text(path);
  REQUIRE_NOTHROW(read_image(path));
  const auto check_damaged = [&](const std::string& content) {
    workshop.file("image.h5", content);
    CHECK_THROWS_AS(read_image(path), InputError);
    CHECK_THROWS_WITH(read_image(path), Catch::StartsWith(path + ": "));
  };
  std::mt19937 random(250);
  for (std::size_t i = 0; i < 50; ++i) {
    const std::size_t length = i * whole.size() / 50 + random() % (whole.size() / 50);
    INFO("cut to " << length << " of " << whole.size());
    check_damaged(whole.substr(0, length));
    if (i % 10 == 0) check_refused(workshop, run(workshop, path), {path});
  }
  for (std::size_t i = 0; i < 200; ++i) {
    std::string content = whole;
    // The header is short, but there is most to go wrong in it.
    const std::size_t byte = i < 50 ? random() % 512 : random() % whole.size();
    content[byte] = static_cast<char>(static_cast<unsigned char>(content[byte]) ^ (1U << random() % 8));
    INFO("a bit of byte " << byte);
    check_damaged(content);
    if (i % 40 == 0) check_refused(workshop, run(workshop, path), {path});
    if (i % 40 == 20) check_refused(workshop, {"inspect", path}, {path});
  }
  std::string newer = whole;
  newer.replace(newer.find("version 2"), 9, "version 3");  // the digest does not cover it
  check_damaged(newer);
  check_refused(workshop, run(workshop, path), {path, "version 2", "newer"});
}

TEST_CASE("mistakes in a configuration are told with their place") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const std::string sound = read_text(workshop.path("run.yaml"));
  const auto check_scenario = [&](const std::string& tail, const std::vector<std::string>& expected) {
    workshop.file("run.yaml", sound + tail);
    check_refused(workshop, run(workshop, image), expected);
  };
  const auto line = [](int number) { return "run.yaml:" + std::to_string(number) + ":"; };
  check_scenario("platfrom: {}\n", {line(7) + "1: platfrom: unknown key", "did you mean platform?"});
  check_scenario("platform:\n  pipeline:\n    adc: 2\n", {line(9) + "5: platform.pipeline.adc", "did you mean adcs?"});
  check_scenario("platform:\n  clock_mhz: 1\n  clock_mhz: 2\n", {line(9) + "3: platform.clock_mhz: duplicate key"});
  check_scenario("check: {}\n", {line(7) + "1: check: duplicate key"});
  check_scenario("platform: {vector_lanes: 0}\n", {line(7) + "26: platform.vector_lanes: 0", "1..65536"});
  check_scenario("platform: {adc: {kind: flash}}\n", {line(7), "platform.adc.kind", "linear, ideal, transfer"});
  check_scenario("platform: {adc: {bits: four}}\n", {line(7), "platform.adc.bits", "an integer in 1..12"});
  check_scenario("trace: [\n", {"run.yaml:"});
  workshop.file("run.yaml", sound);
  edit(workshop, "compress.yaml", "mean:", "means:");
  check_refused(workshop, compress(workshop, network_file("lenet5")),
                {"compress.yaml:3:3: preprocessing.means", "did you mean mean?"});
}

TEST_CASE("all mistakes in a configuration are told at once") {
  const Workshop workshop;
  workshop.file("run.yaml", "imagee: x\ndataset: {format: idx}\nplatform: {vector_lanes: 0}\ntrace: {waveform: 1}\n");
  const Outcome outcome = run_program(run(workshop, "image.h5"));
  CHECK(outcome.code == 2);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 3);
  for (const char* key : {"imagee", "platform.vector_lanes", "trace.waveform"}) CHECK_THAT(outcome.err, Contains(key));
}

TEST_CASE("a network that the machine cannot run") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const std::string sound = read_text(workshop.path("run.yaml"));
  edit(workshop, "run.yaml", "check:", "platform: {fidelity: {rtl: [tile0.pe0, tile1.*, conv]}}\ncheck:");
  check_refused(workshop, run(workshop, image),
                {"platform.fidelity.rtl", "'tile1.*', 'conv'", "_0_Conv: tile0.pe0; _3_Conv: tile0.pe1"});
  workshop.file("run.yaml", sound + "trace: {waveform: true, signals: ['*.busy', '*.bussy']}\n");
  check_refused(workshop, run(workshop, image), {"trace.signals: no signal is named '*.bussy'", "tile*.pe*.busy"});
  workshop.file("run.yaml", sound + "platform: {adc: {bits: 12}}\n");
  check_refused(workshop, run(workshop, image), {"12", "3 to 9 bits"});
  edit(workshop, "run.yaml", "bits: 12", "bits: 3, kind: ideal");
  CHECK(run_program(run(workshop, image, "ideal")).code == 0);

  workshop.file("run.yaml", sound + "platform: {buffer_rows: 4}\n");
  const Outcome outcome = run_program(run(workshop, image));
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("platform.buffer_rows: 4") && Contains("/0/Conv"));

  const auto refuses = [&](const std::string& platform, const std::string& message) {
    workshop.file("run.yaml", sound + "platform: {" + platform + "}\n");
    check_refused(workshop, run(workshop, image), {message});
  };
  workshop.file("run.yaml", sound + "platform: {execution: sequential, buffer_rows: 27}\n");
  const Outcome sequential = run_program(run(workshop, image));  // one line a buffer
  CHECK(sequential.code == 2);
  CHECK_THAT(sequential.err, Contains("27 rows would deadlock with sequential execution"));
  refuses("execution: synchronous, images_in_flight: 2", "2 images need asynchronous execution");
  refuses("replication: {kind: explicit, copies: {conv: 2}}", "no layer with processing engines is named 'conv'");
  refuses("replication: {kind: explicit, copies: {_3_Conv: 10}, engines: 9}", "are left");
  refuses("replication: {kind: balanced, engines: 2}", "2 engines do not suffice");
  refuses("replication: {copies: {_0_Conv: 2}}", "replication.kind is not explicit");
  workshop.file("run.yaml", sound + "platform: {mesh: {columns: 1, rows: 1}}\n");
  CHECK(run_program(run(workshop, image, "small")).code == 0);
  const std::string vgg8 = workshop.compress(network_file("vgg8"), "vgg8.h5");
  check_refused(workshop, run(workshop, vgg8),
                {"needs 7 tiles", "platform.mesh", "1 x 1", "platform.larger_networks: reload"});
  const auto refuses_rounds = [&](const std::string& platform, const std::vector<std::string>& messages) {
    workshop.file("run.yaml", sound + "platform: {" + platform + "}\n");
    check_refused(workshop, run(workshop, vgg8), messages);
  };
  refuses_rounds("larger_networks: smaller",
                 {"platform.larger_networks: found smaller; expected one of refuse, reload"});
  refuses_rounds("mesh: {columns: 3, rows: 1}, larger_networks: reload",
                 {"37 engines, 4 tiles; platform.mesh has 3 x 1 = 3; a layer is not cut into rounds"});
  refuses_rounds("mesh: {columns: 2, rows: 2}, larger_networks: reload, replication: {kind: balanced}",
                 {"platform.replication.kind: copies of layers need a network that fits"});
  workshop.file("compress.yaml",
                read_text(workshop.path("compress.yaml")) + "hardware: {mesh: {columns: 1, rows: 1}}\n");
  check_refused(workshop, compress(workshop, network_file("vgg8")), {"78 engines", "the chip has 12"});
}

TEST_CASE("a technology that says too little") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  workshop.file("technology.yaml", read_text(source_file("scenarios/technology/default.yaml")));
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "technology: technology.yaml\n");
  REQUIRE(run_program(run(workshop, image, "sound")).code == 0);
  edit(workshop, "technology.yaml", "unit: pJ/row", "unit: pJ/bit");
  check_refused(workshop, run(workshop, image), {"technology.yaml", "unit_former.select", "pJ/row"});
  edit(workshop, "run.yaml", "technology.yaml", "absent.yaml");
  check_refused(workshop, run(workshop, image), {"absent.yaml"});
}

TEST_CASE("images and labels that do not fit") {
  const Workshop workshop;
  const std::string lenet5 = network_file("lenet5");
  const std::string image = workshop.compress(lenet5, "image.h5");
  const std::string sound = read_text(workshop.path("run.yaml"));
  edit(workshop, "run.yaml", "format: idx", "format: raw\n  channels: 3\n  height: 28\n  width: 14");
  workshop.file("three.raw", std::string(3 * 28 * 14, 'x'));
  edit(workshop, "run.yaml", "images.idx\n  labels: labels.idx", "three.raw");
  check_refused(workshop, run(workshop, image), {"three.raw", "3 x 28 x 14", "1 x 28 x 28"});
  edit(workshop, "run.yaml", "height: 28", "height: 27");
  check_refused(workshop, run(workshop, image), {"three.raw"});
  workshop.file("run.yaml", sound);
  edit(workshop, "run.yaml", "labels.idx", "absent.idx");
  check_refused(workshop, run(workshop, image), {"absent.idx"});
  edit(workshop, "run.yaml", "absent.idx", "images.idx");
  check_refused(workshop, run(workshop, image), {"images.idx"});
  workshop.file("run.yaml", sound + "  count: 13\n");
  check_refused(workshop, run(workshop, image), {"run.yaml:7:3", "count"});
  workshop.file("run.yaml", sound);
  edit(workshop, "run.yaml", "labels:", "first: 12\n  labels:");
  check_refused(workshop, run(workshop, image), {"images.idx"});

  const std::string config = read_text(workshop.path("compress.yaml"));
  workshop.file("compress.yaml", config + "evaluation:\n  format: idx\n  images: images.idx\n");
  check_refused(workshop, compress(workshop, lenet5), {"images.idx", "evaluation.labels: missing"});
  workshop.file("compress.yaml", config);
  edit(workshop, "compress.yaml", "  images: images.idx\n", "");
  check_refused(workshop, compress(workshop, lenet5), {"compress.yaml", "calibration.images: missing", "--calibrate"});
  workshop.file("compress.yaml", config);
  edit(workshop, "compress.yaml", "mean: [0.2860]", "mean: [0.1, 0.2]");
  check_refused(workshop, compress(workshop, lenet5), {"mean"});
}

TEST_CASE("a network with operators that are not supported") {
  const Workshop workshop;
  OnnxBuilder builder({1, 1, 28, 28});
  builder.constant("w", {4, 1, 28, 28}, Floats(4 * 28 * 28, 0.01F));
  builder.node("Conv", {"input", "w"}, "a").named("first");
  builder.node("Erf", {"a"}, "b").named("second");
  builder.node("LSTM", {"b"}, "c").named("third");
  builder.node("Relu", {"c"}).named("fourth");
  const std::string network = workshop.file("odd.onnx", builder.bytes());
  const Outcome outcome = run_program(compress(workshop, network));
  CHECK(outcome.code == 2);
  for (const char* part : {"odd.onnx", "second", "Erf", "third", "LSTM"}) CHECK_THAT(outcome.err, Contains(part));
  CHECK_THAT(outcome.err, !Contains("fourth"));
}

TEST_CASE("outputs that cannot be written") {
  const Workshop workshop;
  const std::string lenet5 = network_file("lenet5");
  const std::string image = workshop.compress(lenet5, "image.h5");
  check_refused(workshop, compress(workshop, lenet5, "absent/new.h5"), {"absent"});
  check_refused(workshop, compress(workshop, lenet5, "image.h5/new.h5"), {"image.h5"});
  check_refused(workshop, compress(workshop, lenet5, ""), {".h5"});
  check_refused(workshop, compress(workshop, lenet5, "new.json"), {"new.json", ".h5"});
  check_refused(workshop, compress(workshop, lenet5, "images.idx"), {"images.idx", ".h5"});
  check_refused(workshop, run(workshop, image, "image.h5"), {"image.h5"});
  check_refused(workshop, run(workshop, image, "image.h5/new"), {"image.h5"});
  std::filesystem::create_directories(workshop.path("taken/results.json"));
  std::filesystem::create_directories(workshop.path("taken.h5"));
  check_refused(workshop, compress(workshop, lenet5, "taken.h5"), {"taken.h5"});
  const Outcome outcome = run_program(run(workshop, image, "taken"));
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("taken/results.json"));
}

TEST_CASE("a device is not replaced by a weight image") {
  const Workshop workshop;
  check_refused(workshop, {"compress", network_file("lenet5"), "-c", workshop.path("compress.yaml"), "-o", "/dev/full"},
                {"/dev/full", ".h5"});
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a check without reference weights") {
  const Workshop workshop;
  const std::string path = workshop.compress(network_file("lenet5"), "image.h5");
  WeightImage image = read_image(path);
  image.reference_weights.clear();
  write_image(path, image);
  check_refused(workshop, run(workshop, path), {path, "check.images"});
  edit(workshop, "run.yaml", "images: 1000", "images: 0");
  CHECK(run_program(run(workshop, path, "unchecked")).code == 0);
}

}  // namespace
