// Seeded runs of the engine against random worlds and an oracle: what must hold whatever happens. A failing seed is
// printed; it plays the same again.
#include <gtest/gtest.h>

#include "unit/watch/random_world.hpp"

namespace buildwatch::watch::testing {
namespace {

void play(std::uint64_t seeds, bool crashes, bool reloads) {
  for (std::uint64_t seed = 1; seed <= seeds / TEST_SEED_SHARE; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    perils what;
    what.journal_fails = seed % 2 != 0;
    what.crashes = crashes;
    what.reloads = reloads;
    random_world(seed, what).play();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(random_worlds, tell_every_end_once_and_break_no_limit) { play(2000, false, false); }
TEST(random_worlds, that_crash_tell_every_end_once_and_break_no_limit) { play(2000, true, false); }
TEST(random_worlds, that_reload_tell_every_end_once_and_break_no_limit) { play(2000, false, true); }
TEST(random_worlds, that_crash_and_reload_tell_every_end_once_and_break_no_limit) { play(4000, true, true); }

}  // namespace
}  // namespace buildwatch::watch::testing
