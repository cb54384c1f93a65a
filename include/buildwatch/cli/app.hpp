// The command line (contract, section 1).
#pragma once

namespace buildwatch::cli {

/// Reads the arguments, runs the subcommand, returns the exit code of the process: 0 done, 1 failed while running, 2
/// wrong usage, 78 the configuration is wrong. Never throws.
[[nodiscard]] int app(int argc, char const* const* argv);

}  // namespace buildwatch::cli
