#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "compression/image/image_description.h"
#include "compression/image/image_file.h"
#include "scenarios/commands.h"

namespace reprise {

void add_inspect_command(CLI::App& app) {
  struct Options {
    std::string image;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Say what is in a weight image: layers, patterns, tables, storage");
  command->add_option("image", options->image, "Weight image")->required()->type_name("IMAGE.h5");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] {
    const WeightImage image = read_image(options->image);
    std::cout << (options->json ? describe_image_json(image) + "\n" : describe_image(image));
  });
}

}  // namespace reprise
