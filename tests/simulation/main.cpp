// simulation [--seeds N] [--seed N] [--verbose]: plays seeds 1 to N, or one of them; the last line sums up.
#include <fmt/format.h>

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "simulation/run.hpp"

namespace {

using buildwatch::simulation::outcome;

constexpr std::uint64_t default_seeds = 10'000 / TEST_SEED_SHARE;
constexpr std::uint64_t played_twice = 20;  // to see that a seed is the same run each time

struct wishes {
  std::uint64_t seeds = default_seeds;
  std::uint64_t only = 0;
  bool verbose = false;
};

/// Which seed was played, should the program itself die of it.
volatile std::sig_atomic_t playing = 0;

extern "C" void tell_and_die(int signal) {
  char text[] = "seed           has crashed\n";
  auto left = static_cast<unsigned>(playing);
  for (std::size_t at = 13; left > 0; left /= 10) text[at--] = static_cast<char>('0' + left % 10);
  static_cast<void>(!::write(STDERR_FILENO, text, sizeof text - 1));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

bool read_number(char const* text, std::uint64_t& into) {
  char const* const end = text + std::strlen(text);
  return std::from_chars(text, end, into).ptr == end && into > 0;
}

bool read(int count, char** words, wishes& into) {
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    bool const more = i + 1 < count;
    if (word == "--verbose") {
      into.verbose = true;
    } else if (word == "--seed" && more) {
      if (!read_number(words[++i], into.only)) return false;
    } else if (word == "--seeds" && more) {
      if (!read_number(words[++i], into.seeds)) return false;
    } else {
      return false;
    }
  }
  return true;
}

void add(outcome& sum, outcome const& one) {
  sum.simulated += one.simulated;
  sum.polls += one.polls;
  sum.transitions += one.transitions;
  sum.deliveries += one.deliveries;
  sum.repeated += one.repeated;
  sum.dead += one.dead;
  sum.crashes += one.crashes;
  sum.stops += one.stops;
  sum.reloads += one.reloads;
}

bool play(std::uint64_t seed, bool verbose, outcome& sum) {
  playing = static_cast<int>(seed);
  outcome const one = buildwatch::simulation::run(seed, verbose);
  add(sum, one);
  if (!one.failure.empty()) fmt::print("seed {} failed: {}\n", seed, one.failure);
  if (one.failure.empty() && seed <= played_twice && buildwatch::simulation::run(seed, false).hash != one.hash) {
    fmt::print("seed {} failed: it is another run the second time\n", seed);
    return false;
  }
  return one.failure.empty();
}

}  // namespace

int main(int count, char** words) {
  wishes what;
  if (!read(count, words, what)) {
    fmt::print(stderr, "usage: simulation [--seeds N] [--seed N] [--verbose]\n");
    return 2;
  }
  if (TEST_SEED_SHARE == 1) {  // sanitizers say more themselves
    for (int const signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS}) std::signal(signal, tell_and_die);
  }
  outcome sum;
  std::uint64_t played = 0, failed = 0;
  std::uint64_t const first = what.only ? what.only : 1;
  std::uint64_t const last = what.only ? what.only : what.seeds;
  for (std::uint64_t seed = first; seed <= last; ++seed, ++played) failed += play(seed, what.verbose, sum) ? 0 : 1;
  fmt::print(
      "{} seeds, {} failed: {:.1f} days simulated, {} polls, {} transitions, {} deliveries ({} repeated, {} dead), "
      "{} crashes, {} stops, {} reloads\n",
      played, failed, std::chrono::duration<double>(sum.simulated).count() / 86400, sum.polls, sum.transitions,
      sum.deliveries, sum.repeated, sum.dead, sum.crashes, sum.stops, sum.reloads);
  return failed == 0 ? 0 : 1;
}
