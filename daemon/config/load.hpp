// The whole way from a file to settings, over a port to the file system: the seam for tests and the fuzzer.
#pragma once

#include <memory>
#include <string>

#include "buildwatch/config/config.hpp"
#include "config/files.hpp"

namespace buildwatch::config {

[[nodiscard]] loaded load_from(std::string const& file, environment const& world,
                               std::shared_ptr<files const> const& disk);

}  // namespace buildwatch::config
