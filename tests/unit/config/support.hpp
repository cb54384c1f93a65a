// What the tests of this room share: a world of their own, files in a directory that goes away, and complaints as
// lines.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "buildwatch/config/config.hpp"

namespace buildwatch::config::testing {

/// Variables as given, the credentials of tests/data/config, and a home unless another is given.
inline environment world_of(std::map<std::string, std::string> variables) {
  variables.emplace("HOME", "/home/someone");
  environment world;
  world.variable = [variables = std::move(variables)](std::string const& name) -> std::optional<std::string> {
    auto const at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional<std::string>(at->second);
  };
  world.credentials_dir = TEST_DATA "/config/credentials";
  return world;
}

inline environment plain_world() { return world_of({{"PATH", "/usr/bin:/bin"}}); }

inline std::string lines(loaded const& what) {
  std::string all;
  for (auto const& c : what.complaints) all += to_string(c) + "\n";
  return all;
}

/// A directory for one test.
class folder {
 public:
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "buildwatch-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::string write(std::string const& name, std::string const& text) const {
    auto const full = path_ / name;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
    return full.string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Loads one text as the main file.
inline loaded load_text(std::string const& text, environment const& world = plain_world()) {
  folder const f;
  return load(f.write("main.yaml", text), world);
}

/// A whole configuration around the part that a test is about.
inline std::string const some_provider =
    "version: 1\n"
    "providers:\n"
    "  huawei: {type: codearts, region: cn-north-4, auth: {type: none}, proxy: none}\n";
inline std::string const some_job =
    "jobs:\n"
    "  - {name: nightly, job_id: 48c66c6002964721be537cdc6ce0297b, build: 42}\n";

}  // namespace buildwatch::config::testing
