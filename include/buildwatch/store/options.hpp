// Settings of the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "buildwatch/base/time.hpp"

namespace buildwatch::store {

struct store_options {
  std::string path;             ///< absolute, of the SQLite file (`store: sqlite:PATH`)
  bool make_folders = false;    ///< nobody named the path: all folders that are missing above the file are made
  std::uint32_t builds = 1000;  ///< finished builds kept of each job; 1 or more
  base::duration events = std::chrono::days(30);  ///< how long events and what became of them are kept
  friend bool operator==(store_options const&, store_options const&) = default;
};

/// Events kept at most, however young (contract, section 2).
inline constexpr std::uint64_t most_events = 1'000'000;

}  // namespace buildwatch::store
