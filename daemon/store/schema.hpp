// The tables, and how an older file becomes one of today.
#pragma once

#include <optional>
#include <string>

#include "store/connection.hpp"

namespace buildwatch::store {

/// What this program reads and writes: the number of steps in schema.cpp.
[[nodiscard]] int schema_version();

/// What a file says of itself.
enum class kinship { ours, empty, foreign };
[[nodiscard]] kinship kin(connection& file);
[[nodiscard]] int version_of(connection& file);

/// Brings an empty or older file up to date, in one transaction: nobody who looks meanwhile, and no crash, meets a
/// version in between. Throws SQLite's.
void migrate(connection& file);

/// Why a file cannot be used as it is: another program's, or of a newer schema; with `exactly` of an older one too.
[[nodiscard]] std::optional<std::string> unfit(connection& file, bool exactly);

}  // namespace buildwatch::store
