// What `watch` asks, when, and how it ends, in virtual time.
#include "service/follow_build.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;
using model::sight;
using watch::asks;

constexpr base::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

model::observation answer(sight what, std::string word = "") {
  model::observation seen;
  seen.sight = what;
  seen.fault = model::fault::none;
  seen.word = std::move(word);
  return seen;
}

model::observation newest(std::uint32_t number) {
  auto seen = answer(sight::job_exists);
  seen.number = number;
  return seen;
}

model::observation failing(model::fault why, std::string text = "HTTP 500") {
  auto seen = answer(sight::failed);
  seen.fault = why;
  seen.text = std::move(text);
  return seen;
}

model::build_record record(std::uint32_t number, base::wall_time start, std::optional<base::duration> lasted,
                           std::string word = "SUCCESS") {
  model::build_record r;
  r.number = number;
  r.running = !lasted;
  r.word = lasted ? std::move(word) : "";
  r.started_at = start;
  r.lasted = lasted;
  return r;
}

/// Ten builds below `number`, an hour apart, of ten minutes each.
past_builds ten_minutes_each(std::uint32_t number) {
  std::vector<model::build_record> all;
  for (std::uint32_t i = 1; i <= 10; ++i) all.push_back(record(number - i, noon - i * 1h, 10min));
  past_builds past;
  past.add(all, nullptr);
  return past;
}

class follower : public ::testing::Test {
 protected:
  void start(std::uint32_t build, past_builds past = {}) {
    follow_options what;
    what.job.name = "job";
    what.job.job_id = "id";
    what.job.build = build;
    what.job.times = std::make_shared<watch::timing const>(times);
    what.job.labels = std::make_shared<model::labels const>();
    what.provider = "p";
    followed = std::make_unique<build_follower>(what, std::move(past), now);
  }

  /// Waits for the next question, which must be this, and answers it at once. Returns how long it waited.
  base::duration reply(asks what, std::uint32_t build, model::observation const& seen) {
    auto const next = followed->next();
    if (!next) {
      ADD_FAILURE() << "it is over";
      return {};
    }
    base::duration const waited = std::max(next->due - now.mono, base::duration{});
    pass(waited);
    EXPECT_TRUE(followed->tick(now));
    EXPECT_EQ(next->what, what);
    if (what == asks::build || what == asks::record) {
      EXPECT_EQ(next->build, build);
    }
    followed->take(seen, now.mono, now);
    return waited;
  }

  void pass(base::duration d) {
    now.mono += d;
    now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(d);
  }

  int code() const { return followed->end() ? exit_code(*followed->end()) : -1; }
  std::string words() const {
    if (!followed->end()) return "not over";
    return followed->end()->outcome ? model::summary(followed->end()->event) : followed->end()->why;
  }

  watch::timing times;
  base::instant now{base::time_point{} + 1000h, noon};
  std::unique_ptr<build_follower> followed;
};

TEST_F(follower, tells_by_its_exit_code_how_the_newest_build_ended) {
  struct {
    char const* word;
    int code;
  } const ends[] = {{"SUCCESS", 0}, {"FAILURE", 1}, {"UNSTABLE", 3}, {"ABORTED", 4}, {"WHATEVER", 5}};
  for (auto const& end : ends) {
    start(0);
    reply(asks::newest, 0, newest(42));
    reply(asks::build, 42, answer(sight::finished, end.word));
    reply(asks::record, 42, answer(sight::refused_call));
    EXPECT_EQ(code(), end.code) << end.word;
    EXPECT_FALSE(followed->next());
  }
}

TEST_F(follower, follows_a_build_to_its_end_and_says_it_as_a_colleague_would) {
  start(0, ten_minutes_each(42));
  reply(asks::newest, 0, newest(42));
  reply(asks::build, 42, answer(sight::running));
  auto told = answer(sight::record);
  told.records = {record(42, noon - 6min, std::nullopt)};
  reply(asks::record, 42, told);
  auto const v = followed->view(now);
  EXPECT_EQ(v.stage, follow_stage::running);
  ASSERT_TRUE(v.elapsed && v.left);
  EXPECT_NEAR(std::chrono::duration<double>(*v.elapsed).count(), 360, 1) << "its own start, not when we came";
  EXPECT_NEAR(v.left->progress, 0.6, 0.05);
  while (now.wall < noon + 3min + 55s) reply(asks::build, 42, answer(sight::running));
  reply(asks::build, 42, answer(sight::finished, "FAILURE"));
  told.records = {record(42, noon - 6min, now.wall - noon + 6min - 1s, "FAILURE")};
  reply(asks::record, 42, told);
  EXPECT_EQ(code(), 1);
  EXPECT_EQ(followed->end()->event.change, model::change::broken);
  EXPECT_TRUE(followed->end()->event.build->times_exact);
  EXPECT_TRUE(words().starts_with("job #42 failed after ")) << words();
  EXPECT_TRUE(words().ends_with(" (was passing)")) << words();
}

TEST_F(follower, looks_often_where_the_build_is_likely_to_end) {
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::no_such_build));
  reply(asks::newest, 0, newest(41));
  base::wall_time const began = now.wall + 60s;
  EXPECT_EQ(reply(asks::build, 42, answer(sight::running)), 60s) << "what is not there is asked for at idle";
  base::duration early{}, late = 1h;
  while (now.wall < began + 10min) {
    auto const waited = reply(asks::build, 42, answer(sight::running));
    if (now.wall < began + 8min) early = std::max(early, waited);
    late = std::min(late, waited);
  }
  EXPECT_GT(early, 20s);
  EXPECT_LE(early, 30s) << "never more than twice `building`";
  EXPECT_LT(late, 10s);
}

TEST_F(follower, keeps_to_the_interval_where_that_is_wanted) {
  times.adaptive = false;
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::undecided));
  EXPECT_EQ(followed->view(now).stage, follow_stage::queued);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reply(asks::build, 42, answer(sight::running)), 15s);
}

TEST_F(follower, asks_for_past_builds_once_where_too_few_are_known) {
  start(42);
  reply(asks::build, 42, answer(sight::running));
  auto list = answer(sight::job_exists);
  list.records = {record(42, noon - 5min, std::nullopt)};
  for (std::uint32_t i = 1; i <= 5; ++i) list.records.push_back(record(42 - i, noon - i * 1h, 10min));
  reply(asks::list, 0, list);
  auto const v = followed->view(now);
  ASSERT_TRUE(v.left) << "the list told its start as well";
  EXPECT_NEAR(v.left->progress, 0.5, 0.05);
  reply(asks::build, 42, answer(sight::running));
  EXPECT_EQ(followed->next()->what, asks::build);
}

TEST_F(follower, does_without_what_it_may_not_ask) {
  start(42);
  reply(asks::build, 42, answer(sight::running));
  reply(asks::list, 0, answer(sight::refused_call));
  reply(asks::record, 42, failing(model::fault::other));
  auto const v = followed->view(now);
  EXPECT_FALSE(v.elapsed) << "it may have run for hours";
  EXPECT_FALSE(v.left);
  EXPECT_EQ(v.trouble, "");
  EXPECT_GT(reply(asks::build, 42, answer(sight::running)), 14s) << "15 s after the poll before";
}

TEST_F(follower, takes_the_start_that_it_has_seen) {
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::undecided));
  reply(asks::build, 42, answer(sight::running));
  EXPECT_EQ(followed->next()->what, asks::build);
  pass(4s);
  EXPECT_EQ(followed->view(now).elapsed, 4s);
}

TEST_F(follower, settles_for_a_minute_before_it_is_unknown) {
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::undecided));
  reply(asks::build, 42, answer(sight::running));
  base::duration settling{};
  while (followed->next()->what == asks::build) settling += reply(asks::build, 42, answer(sight::undecided, "NONE"));
  EXPECT_GE(settling, 60s);
  reply(asks::record, 42, answer(sight::no_such_build));
  EXPECT_EQ(code(), 5);
}

TEST_F(follower, waits_for_the_first_build_of_a_job) {
  start(0);
  reply(asks::newest, 0, newest(0));
  EXPECT_EQ(followed->view(now).stage, follow_stage::unbuilt);
  EXPECT_EQ(reply(asks::newest, 0, newest(1)), 60s);
  reply(asks::build, 1, answer(sight::running));
}

TEST_F(follower, gives_up_at_once_on_refused_credentials) {
  start(0);
  reply(asks::newest, 0, failing(model::fault::refused, "HTTP 401"));
  EXPECT_EQ(code(), 6);
  EXPECT_EQ(words(), "the credentials were refused: HTTP 401");
}

TEST_F(follower, gives_up_at_once_on_a_job_that_is_not_there) {
  start(0);
  reply(asks::newest, 0, answer(sight::no_such_job));
  EXPECT_EQ(code(), 6);
  start(42);
  reply(asks::build, 42, answer(sight::no_such_build));
  reply(asks::newest, 0, answer(sight::no_such_job));
  EXPECT_EQ(code(), 6);
  EXPECT_TRUE(words().starts_with("not_found: ")) << words();
}

TEST_F(follower, waits_for_a_build_where_nothing_tells_whether_the_job_exists) {
  start(42);
  reply(asks::build, 42, answer(sight::no_such_build));
  reply(asks::newest, 0, answer(sight::refused_call));
  EXPECT_EQ(followed->view(now).stage, follow_stage::absent);
  EXPECT_EQ(reply(asks::build, 42, answer(sight::no_such_build)), 60s);
  EXPECT_EQ(reply(asks::build, 42, answer(sight::finished, "OK")), 60s) << "and does not ask again";
}

TEST_F(follower, gives_up_on_a_build_that_is_gone_after_a_while) {
  start(12);
  reply(asks::build, 12, answer(sight::no_such_build));
  reply(asks::newest, 0, newest(41));
  EXPECT_EQ(followed->view(now).trouble, "no good answer for 0 s: it is gone, or never was: the newest build is #41");
  EXPECT_EQ(reply(asks::build, 12, answer(sight::no_such_build)), 60s);
  for (int i = 0; i < 10 && followed->next(); ++i) reply(asks::build, 12, answer(sight::no_such_build));
  EXPECT_EQ(now.wall, noon + 100ms + 5min) << "after the answer that told of newer ones";
  EXPECT_EQ(code(), 6);
  EXPECT_EQ(words(), "no good answer for 5 min: it is gone, or never was: the newest build is #41");
}

TEST_F(follower, takes_a_build_that_was_only_late_to_be_known) {
  start(40);
  reply(asks::build, 40, answer(sight::no_such_build));
  reply(asks::newest, 0, newest(41));
  reply(asks::build, 40, answer(sight::running));
  EXPECT_EQ(followed->view(now).trouble, "");
  EXPECT_EQ(followed->view(now).stage, follow_stage::running);
}

TEST_F(follower, waits_for_a_build_that_is_yet_to_come) {
  start(42);
  reply(asks::build, 42, answer(sight::no_such_build));
  EXPECT_EQ(followed->view(now).stage, follow_stage::looking) << "there may be no such job";
  reply(asks::newest, 0, newest(41));
  EXPECT_EQ(followed->view(now).stage, follow_stage::absent);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(reply(asks::build, 42, answer(sight::no_such_build)), 60s);
}

TEST_F(follower, backs_off_and_gives_up_with_fresh_evidence) {
  start(42);
  reply(asks::build, 42, failing(model::fault::other));
  EXPECT_EQ(followed->view(now).trouble, "no good answer for 0 s: HTTP 500");
  EXPECT_EQ(reply(asks::build, 42, failing(model::fault::other)), 60s);
  EXPECT_EQ(reply(asks::build, 42, failing(model::fault::other)), 2min);
  EXPECT_EQ(reply(asks::build, 42, failing(model::fault::no_connection, "refused")), 2min) << "five minutes in all";
  EXPECT_EQ(code(), 6);
  EXPECT_EQ(words(), "no good answer for 5 min: refused");
}

TEST_F(follower, counts_anew_after_a_good_answer) {
  times.unreachable_after = 100s;
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::undecided));
  reply(asks::build, 42, failing(model::fault::other));
  reply(asks::build, 42, answer(sight::running));
  EXPECT_EQ(followed->view(now).trouble, "");
  for (int i = 0; i < 3; ++i) reply(asks::build, 42, failing(model::fault::other));
  EXPECT_EQ(code(), -1) << "15 s, 30 s and not yet 100";
  EXPECT_EQ(reply(asks::build, 42, failing(model::fault::other)), 55s);
  EXPECT_EQ(code(), 6);
}

TEST_F(follower, leaves_a_provider_alone_that_asks_for_it) {
  start(42);
  auto busy = failing(model::fault::throttled, "HTTP 429");
  busy.retry_after = 20s;
  reply(asks::build, 42, busy);
  EXPECT_EQ(reply(asks::build, 42, busy), 20s);
  busy.retry_after = 2h;
  reply(asks::build, 42, busy);
  pass(followed->next()->due - now.mono);
  EXPECT_FALSE(followed->tick(now)) << "five minutes are over, and it is not asked";
  EXPECT_EQ(now.wall, noon + 5min);
  EXPECT_EQ(code(), 6);
}

TEST_F(follower, gives_up_on_a_build_that_is_deleted_while_it_runs) {
  start(42, ten_minutes_each(42));
  reply(asks::build, 42, answer(sight::undecided));
  reply(asks::build, 42, answer(sight::running));
  while (!followed->end()) reply(asks::build, 42, answer(sight::no_such_build));
  EXPECT_EQ(words(), "no good answer for 5 min: the build is not there any more");
}

TEST_F(follower, finds_the_newest_build_by_looking_where_no_call_tells) {
  start(0, ten_minutes_each(42));
  reply(asks::newest, 0, answer(sight::refused_call));
  reply(asks::list, 0, answer(sight::refused_call));
  while (followed->view(now).number == 0) {
    auto const asked = followed->next()->build;
    reply(asks::build, asked, answer(asked <= 45 ? sight::finished : sight::no_such_build, "OK"));
  }
  EXPECT_EQ(followed->view(now).number, 45U);
}

TEST_F(follower, asks_no_faster_than_the_rate_limit) {
  start(0);
  auto const limit = 100ms;
  reply(asks::newest, 0, newest(42));
  EXPECT_EQ(reply(asks::build, 42, answer(sight::running)), limit);
  EXPECT_EQ(reply(asks::list, 0, answer(sight::refused_call)), limit);
}

}  // namespace
}  // namespace buildwatch::service
