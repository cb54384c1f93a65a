// What the API shows of jobs beside what the engine knows.
#include "service/board.hpp"

#include <gtest/gtest.h>

#include "unit/support/fakes.hpp"

namespace buildwatch::service {
namespace {

using model::outcome;

watch::options two_jobs() {
  watch::options what;
  what.providers.resize(1);
  what.providers[0].name = "huawei";
  what.jobs.resize(2);
  what.jobs[0].name = "followed";
  what.jobs[0].job_id = "a";
  what.jobs[0].build = 0;
  what.jobs[1].name = "one";
  what.jobs[1].job_id = "b";
  what.jobs[1].build = 7;
  return what;
}

model::build ended(std::uint32_t number, outcome how = outcome::success) {
  model::build b;
  b.number = number;
  b.outcome = how;
  return b;
}

model::event event_of(model::event_type type, std::string const& job_id, model::build b) {
  model::event e;
  e.type = type;
  e.provider = "huawei";
  e.job = model::job{"any name", "huawei", job_id, {}};
  e.build = std::move(b);
  return e;
}

class on_the_board : public ::testing::Test {
 protected:
  on_the_board() { board_.watch(what_); }
  void finish(std::string const& job_id, std::uint32_t number, outcome how = outcome::success) {
    board_.take(event_of(model::event_type::build_finished, job_id, ended(number, how)));
  }
  [[nodiscard]] board::record const& of(std::size_t job) const { return board_.of(what_, what_.jobs[job]); }

  watch::options what_ = two_jobs();
  board board_;
};

TEST_F(on_the_board, the_highest_number_stands_whatever_comes_later) {
  EXPECT_EQ(of(0).finished, nullptr);
  finish("a", 12);
  finish("a", 11, outcome::failure);
  board_.take("huawei", "a", ended(3));
  EXPECT_EQ(of(0).finished->number, 12U);
  board_.take("huawei", "a", ended(13, outcome::failure));
  EXPECT_EQ(of(0).finished->outcome, outcome::failure);
}

TEST_F(on_the_board, of_a_job_that_is_one_build_only_that_counts) {
  finish("b", 8);
  EXPECT_EQ(of(1).finished, nullptr);
  finish("b", 7, outcome::aborted);
  EXPECT_EQ(of(1).finished->number, 7U);
}

TEST_F(on_the_board, ends_are_counted_by_outcome_and_history_is_not) {
  finish("a", 1, outcome::failure);
  finish("a", 2, outcome::failure);
  finish("a", 3);
  board_.take("huawei", "a", ended(4));
  EXPECT_EQ(of(0).ended[static_cast<std::size_t>(outcome::failure)], 2U);
  EXPECT_EQ(of(0).ended[static_cast<std::size_t>(outcome::success)], 1U);
}

TEST_F(on_the_board, a_start_is_known_until_that_build_has_ended) {
  board_.take(event_of(model::event_type::build_started, "a", ended(5)));
  board_.take(event_of(model::event_type::build_started, "a", ended(7)));
  board_.take(event_of(model::event_type::build_started, "a", ended(6)));
  finish("a", 4);
  finish("a", 7);
  ASSERT_NE(board::started(of(0), 5), nullptr) << "it runs beside the others";
  EXPECT_EQ(board::started(of(0), 5)->number, 5U);
  EXPECT_NE(board::started(of(0), 6), nullptr);
  EXPECT_EQ(board::started(of(0), 7), nullptr);
  finish("a", 5);
  finish("a", 6);
  EXPECT_EQ(of(0).started, nullptr);
}

TEST_F(on_the_board, starts_without_an_end_do_not_pile_up) {
  for (std::uint32_t n = 1; n <= 1000; ++n) board_.take(event_of(model::event_type::build_started, "a", ended(n)));
  EXPECT_LE(of(0).started->size(), 32U);
  EXPECT_NE(board::started(of(0), 1000), nullptr);
}

TEST_F(on_the_board, other_settings_keep_what_is_known_of_jobs_that_stay) {
  finish("a", 12);
  finish("b", 7);
  watch::options next = two_jobs();
  next.jobs.erase(next.jobs.begin());
  next.jobs[0].name = "renamed";
  board_.watch(next);
  EXPECT_EQ(board_.of(next, next.jobs[0]).finished->number, 7U);
  EXPECT_EQ(of(0).finished, nullptr) << "it is not watched any more";
}

TEST_F(on_the_board, events_of_other_providers_and_jobs_change_nothing) {
  model::event e = event_of(model::event_type::build_finished, "a", ended(12));
  e.provider = "another";
  board_.take(e);
  finish("c", 1);
  EXPECT_EQ(of(0).finished, nullptr);
}

}  // namespace
}  // namespace buildwatch::service
