// The state machine of a build, sentence by sentence (contract, section 3).
#include "buildwatch/track/build.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace buildwatch::track {
namespace {

using namespace std::chrono_literals;
using model::sight;

base::time_point const start{1h};
base::wall_time const noon{std::chrono::milliseconds(1'795'000'000'000)};

base::instant at(base::duration t, std::chrono::milliseconds wall_off = 0ms) {
  return {start + t, noon + std::chrono::duration_cast<std::chrono::milliseconds>(t) + wall_off};
}

model::observation seen(std::string word, std::string region = {}) {
  model::observation o;
  o.word = std::move(word);
  o.region = std::move(region);
  return o;
}

/// One poll: asked at `t`, answered 1 s later.
struct poll {
  base::duration t;
  sight saw;
};

std::vector<build_change> changes(std::vector<poll> const& polls) {
  build_state known;
  std::vector<build_change> all;
  for (poll const& p : polls) {
    build_step const step = observe(known, p.saw, start + p.t, start + p.t + 1s);
    known = step.known;
    if (step.change != build_change::none) all.push_back(step.change);
  }
  return all;
}

struct row {
  char const* what;
  std::vector<poll> polls;
  std::vector<build_change> expected;
};

class transitions : public testing::TestWithParam<row> {};

TEST_P(transitions, are) { EXPECT_EQ(changes(GetParam().polls), GetParam().expected) << GetParam().what; }

constexpr auto started = build_change::started;
constexpr auto ended = build_change::finished;
constexpr auto settled_so = build_change::settled;
constexpr auto gone = build_change::let_go;

INSTANTIATE_TEST_SUITE_P(
    table, transitions,
    testing::Values(
        row{"nothing seen, nothing told", {}, {}},
        row{"running is told once", {{0s, sight::running}, {15s, sight::running}, {30s, sight::running}}, {started}},
        row{"running, finished", {{0s, sight::running}, {15s, sight::finished}}, {started, ended}},
        row{"first seen finished: finished only", {{0s, sight::finished}}, {ended}},
        row{"finished is final", {{0s, sight::finished}, {1s, sight::running}, {9s, sight::finished}}, {ended}},
        row{"absent, then running", {{0s, sight::no_such_build}, {60s, sight::running}}, {started}},
        row{"absent for days is only waited for", {{0s, sight::no_such_build}, {240h, sight::no_such_build}}, {}},
        row{"queued, then running", {{0s, sight::undecided}, {60s, sight::running}}, {started}},
        row{"queued, then finished", {{0s, sight::undecided}, {60s, sight::finished}}, {ended}},
        row{"settling 59 s decides nothing",
            {{0s, sight::running}, {15s, sight::undecided}, {74s, sight::undecided}},
            {started}},
        row{"settling 60 s does",
            {{0s, sight::running}, {15s, sight::undecided}, {75s, sight::undecided}},
            {started, settled_so}},
        row{"settling, then finished properly",
            {{0s, sight::running}, {15s, sight::undecided}, {60s, sight::finished}},
            {started, ended}},
        row{"flapping: running again starts the 60 s anew",
            {{0s, sight::running},
             {15s, sight::undecided},
             {60s, sight::running},
             {75s, sight::undecided},
             {134s, sight::undecided}},
            {started}},
        row{"flapping: and then they pass",
            {{0s, sight::running},
             {15s, sight::undecided},
             {60s, sight::running},
             {75s, sight::undecided},
             {135s, sight::undecided}},
            {started, settled_so}},
        row{"absence between two undecided answers starts the 60 s anew",
            {{0s, sight::running}, {15s, sight::undecided}, {30s, sight::no_such_build}, {75s, sight::undecided}},
            {started}},
        row{"failed polls do not",
            {{0s, sight::running}, {15s, sight::undecided}, {30s, sight::failed}, {75s, sight::undecided}},
            {started, settled_so}},
        row{"settled is final",
            {{0s, sight::running}, {15s, sight::undecided}, {75s, sight::undecided}, {90s, sight::running}},
            {started, settled_so}},
        row{"queued short of 24 h", {{0s, sight::undecided}, {24h - 1s, sight::undecided}}, {}},
        row{"queued for 24 h is let go",
            {{0s, sight::undecided}, {24h, sight::undecided}, {25h, sight::finished}},
            {gone}},
        row{"after a day in the queue it may still run",
            {{0s, sight::undecided}, {23h, sight::running}, {30h, sight::undecided}},
            {started}},
        row{"sights of a job say nothing of the build",
            {{0s, sight::job_exists}, {1s, sight::refused_call}, {2s, sight::no_such_job}, {3s, sight::failed}},
            {}}));

TEST(build, an_answer_to_an_older_request_does_not_undo_what_is_known) {
  build_state known = observe({}, sight::running, start + 20s, start + 21s).known;
  build_step const late = observe(known, sight::undecided, start + 10s, start + 30s);
  EXPECT_EQ(late.change, build_change::none);
  EXPECT_EQ(late.known.undecided_since, never);
  EXPECT_EQ(observe(known, sight::no_such_build, start + 10s, start + 30s).known.last_running, start + 20s);
}

TEST(build, but_finished_is_believed_whenever_it_comes) {
  build_state const known = observe({}, sight::running, start + 20s, start + 21s).known;
  build_step const late = observe(known, sight::finished, start + 10s, start + 30s);
  EXPECT_EQ(late.change, build_change::finished);
  model::build const b = describe(7, late, seen("SUCCESS"), nullptr, nullptr, at(30s));
  EXPECT_LE(*b.last_seen_running, *b.first_seen_finished);
}

TEST(build, what_was_seen_is_kept_when_a_transition_is_not_stored) {
  build_step const first = observe({}, sight::finished, start, start + 1s);
  build_state const kept = not_stored({}, first.known);
  EXPECT_FALSE(final(kept));
  build_step const again = observe(kept, sight::finished, start + 60s, start + 61s);
  EXPECT_EQ(again.change, build_change::finished);
  EXPECT_EQ(describe(7, again, seen("SUCCESS"), nullptr, nullptr, at(61s)).first_seen_finished, at(1s).wall);
}

TEST(build, a_start_that_was_not_stored_still_bounds_the_end) {
  build_state const kept = not_stored({}, observe({}, sight::running, start, start + 1s).known);
  EXPECT_TRUE(under_way(kept));
  build_step const end = observe(kept, sight::finished, start + 15s, start + 16s);
  EXPECT_EQ(end.change, build_change::finished);
  EXPECT_EQ(describe(7, end, seen("SUCCESS"), nullptr, nullptr, at(16s)).last_seen_running, at(0s).wall);
}

TEST(build, started_has_no_time_that_nobody_saw) {
  build_step const step = observe({}, sight::running, start, start + 1s);
  model::build const b = describe(7, step, seen("", "cn-north-4"), nullptr, nullptr, at(1s));
  EXPECT_TRUE(b.building);
  EXPECT_EQ(b.number, 7U);
  EXPECT_EQ(b.region, "cn-north-4");
  EXPECT_FALSE(b.outcome || b.started_at || b.finished_at || b.last_seen_running || b.first_seen_finished);
}

TEST(build, the_word_of_a_running_build_is_no_result) {
  build_step const step = observe({}, sight::running, start, start + 1s);
  EXPECT_EQ(describe(7, step, seen("SUCCESS"), nullptr, nullptr, at(1s)).result, "");
}

TEST(build, first_seen_finished_has_no_beginning_and_no_middle) {
  build_step const step = observe({}, sight::finished, start, start + 1s);
  model::build const b = describe(7, step, seen("FAILURE"), nullptr, nullptr, at(1s));
  EXPECT_EQ(b.outcome, model::outcome::failure);
  EXPECT_EQ(b.result, "FAILURE");
  EXPECT_EQ(b.first_seen_finished, at(1s).wall);
  EXPECT_FALSE(b.last_seen_running || b.finished_at || b.times_exact || b.building);
}

TEST(build, words_of_a_job_win) {
  model::outcome_words const extra{{"DEPLOY_ERROR", model::outcome::failure}, {"SUCCESS", model::outcome::unstable}};
  build_step const step = observe({}, sight::finished, start, start + 1s);
  EXPECT_EQ(describe(7, step, seen("deploy_error"), nullptr, &extra, at(1s)).outcome, model::outcome::failure);
  EXPECT_EQ(describe(7, step, seen("SUCCESS"), nullptr, &extra, at(1s)).outcome, model::outcome::unstable);
  EXPECT_EQ(describe(7, step, seen("DEPLOY_ERROR"), nullptr, nullptr, at(1s)).outcome, model::outcome::unknown);
}

build_step run_and_settle() {
  build_state known = observe({}, sight::running, start, start + 1s).known;
  known = observe(known, sight::undecided, start + 15s, start + 16s).known;
  return observe(known, sight::undecided, start + 76s, start + 77s);
}

TEST(build, settled_lies_between_last_running_and_first_undecided) {
  model::build const b = describe(7, run_and_settle(), seen("PENDING"), nullptr, nullptr, at(77s));
  EXPECT_EQ(b.outcome, model::outcome::unknown);
  EXPECT_EQ(b.result, "PENDING");
  EXPECT_EQ(b.last_seen_running, at(0s).wall);
  EXPECT_EQ(b.first_seen_finished, at(16s).wall);
  EXPECT_EQ(b.finished_at, at(8s).wall);
}

TEST(build, no_step_of_the_wall_clock_inverts_or_stretches_an_interval) {
  for (auto const off : {-3600s, -1s, 0s, 1s, 86400s}) {
    build_state const known = observe({}, sight::running, start, start + 1s).known;
    build_step const step = observe(known, sight::finished, start + 15s, start + 16s);
    model::build const b = describe(7, step, seen("SUCCESS"), nullptr, nullptr, at(16s, off));
    EXPECT_EQ(*b.first_seen_finished - *b.last_seen_running, 16s) << off.count();
    EXPECT_EQ(*b.first_seen_finished, at(16s, off).wall) << off.count();
    EXPECT_GE(*b.finished_at, *b.last_seen_running);
    EXPECT_LE(*b.finished_at, *b.first_seen_finished);
  }
}

}  // namespace
}  // namespace buildwatch::track
