#include <catch2/catch.hpp>

#include <string>

#include "tests/scenarios/workshop.h"

// Images shared out to processes: the results are those of one simulation, byte for byte.

namespace {

using namespace reprise::test;

void check_jobs(const std::string& platform) {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", {"--engine", "wpr"});
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "platform: {" + platform + "}\n");
  workshop.run(image, "one", {});
  const std::string one = read_text(workshop.path("one/results.json"));
  for (const char* jobs : {"2", "5", "40"}) {
    INFO(platform << ", jobs " << jobs);
    workshop.run(image, "several", {"--jobs", jobs});
    CHECK(read_text(workshop.path("several/results.json")) == one);
    for (const char* table : {"layers.csv", "engines.csv", "pipeline.csv"}) {
      CHECK(read_text(workshop.path(std::string("several/") + table)) ==
            read_text(workshop.path(std::string("one/") + table)));
    }
  }
}

}  // namespace

TEST_CASE("results do not depend on the number of jobs") {
  check_jobs("clock_mhz: 1200");
  check_jobs("links: contended, adc: {bits: 3, noise: {sigma: 0.4}}");
}

TEST_CASE("jobs are refused where simulations would meet, or be watched") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", {"--engine", "dense"});
  const std::string sound = read_text(workshop.path("run.yaml"));
  const auto refused = [&](const std::string& more, const std::string& text) {
    workshop.file("run.yaml", sound + more);
    const Outcome outcome =
        run_program({"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("out"), "--jobs", "2"});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Catch::Contains(text));
  };
  refused("platform: {images_in_flight: 2}\n", "images_in_flight");
  refused("trace: {timeline: true}\n", "timelines");
}
