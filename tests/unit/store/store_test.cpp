// The store's thread: one commit for many, failures that stay with whom they concern, and an end in order.
#include "buildwatch/store/store.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

#include "unit/store/gated_database.hpp"
#include "unit/store/no_room.hpp"

namespace buildwatch::store::testing {
namespace {

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class store_test : public ::testing::Test {
 protected:
  ~store_test() override {
    gates_->open();
    if (!store_) return;
    if (!closed_) store_->close([] {});
    run();
  }
  /// The thread waits before its first transaction until the gate is opened.
  void start(std::unique_ptr<database> file) {
    store_ = make_store(loop_.get_executor(), std::make_unique<gated_database>(gates_, std::move(file)),
                        [] { return at(0); });
  }
  void start() { start(opened(":memory:")); }
  /// Until nothing is under way.
  void run() {
    loop_.restart();
    loop_.run();
  }
  template <class T>
  void ask(asio::awaitable<base::result<T>> what) {
    asio::co_spawn(loop_, std::move(what), [this](std::exception_ptr const& fault, base::result<T> answer) {
      EXPECT_FALSE(fault);
      said_.push_back(answer ? "well" : answer.error().text);
    });
  }
  void add(int number) { ask(store_->add({owed_to(event_of(number), {"oncall"})})); }
  notify::page page() {
    notify::page got;
    asio::co_spawn(loop_, store_->read("oncall", notify::reading::by_number, std::nullopt, 1000),
                   [&](std::exception_ptr const&, base::result<notify::page> answer) { got = *answer; });
    run();
    return got;
  }

  asio::io_context loop_;
  std::shared_ptr<gates> gates_ = std::make_shared<gates>();
  std::unique_ptr<store> store_;
  std::vector<std::string> said_;
  bool closed_ = false;
};

TEST_F(store_test, what_is_asked_while_a_commit_is_under_way_shares_the_next) {
  start();
  add(1);
  loop_.poll();
  gates_->wait_for_thread();  // it is about to begin with the first
  for (int i = 2; i <= 100; ++i) add(i);
  loop_.poll();
  gates_->open();
  run();
  EXPECT_THAT(said_, SizeIs(100));
  EXPECT_EQ(store_->counted().commits, 2U);
  EXPECT_EQ(store_->counted().requests, 100U);
  auto const all = page();
  ASSERT_THAT(all.rows, SizeIs(100));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(all.rows[i].event->sequence, i + 1) << "in the order asked for";
}

TEST_F(store_test, reads_see_what_was_asked_before_and_nothing_later) {
  start();
  std::vector<std::size_t> seen;
  auto const read = [&] {
    asio::co_spawn(
        loop_, store_->read("oncall", notify::reading::by_number, std::nullopt, 1000),
        [&](std::exception_ptr const&, base::result<notify::page> answer) { seen.push_back(answer->rows.size()); });
  };
  add(1);
  read();
  add(2);
  add(3);
  read();
  read();
  add(4);
  gates_->open();
  run();
  EXPECT_THAT(seen, ElementsAre(1, 3, 3));
}

TEST_F(store_test, a_full_disk_fails_all_that_share_the_commit_and_the_next_works) {
  start();
  for (int i = 1; i <= 3; ++i) add(i);
  gates_->full = true;
  gates_->open();
  run();
  EXPECT_THAT(said_, ElementsAre("the disk is full", "the disk is full", "the disk is full"));
  EXPECT_EQ(store_->counted().commits, 0U);
  EXPECT_THAT(page().rows, IsEmpty()) << "reads go on";
  gates_->full = false;
  add(4);
  run();
  EXPECT_EQ(said_.back(), "well");
  EXPECT_THAT(page().rows, SizeIs(1));
  EXPECT_EQ(page().rows.at(0).event->sequence, 1U);
}

TEST_F(store_test, one_that_fails_for_its_own_sake_fails_alone) {
  start();
  gates_->poisoned = "evt_2";
  for (int i = 1; i <= 3; ++i) add(i);
  gates_->open();
  run();
  EXPECT_THAT(said_, ElementsAre("well", "a bug", "well"));
  EXPECT_THAT(page().rows, SizeIs(2));
}

TEST_F(store_test, that_somebody_else_changed_it_is_not_forgotten_when_the_commit_fails) {
  start();
  gates_->changed = true;
  gates_->full = true;
  bool changed = false;
  add(1);
  asio::co_spawn(loop_, store_->changed_elsewhere(), [&](std::exception_ptr const&, bool b) { changed = b; });
  gates_->open();
  run();
  EXPECT_TRUE(changed);
}

TEST_F(store_test, close_finishes_what_was_asked_and_lets_the_file_go) {
  folder here;
  start(opened(here.file()));
  add(1);
  loop_.poll();
  bool done = false;
  closed_ = true;
  store_->close([&] {
    done = true;
    EXPECT_THAT(said_, ElementsAre("well")) << "before the end is told";
    EXPECT_THAT(waiting(*opened(here.file()), "oncall"), SizeIs(1)) << "the lock is free";
  });
  gates_->open();
  run();
  EXPECT_TRUE(done);
  add(2);
  run();
  EXPECT_EQ(said_.back(), "the store is closed");
}

TEST_F(store_test, a_store_that_is_destroyed_early_takes_its_callers_with_it) {
  start();
  auto const alive = std::make_shared<int>();
  asio::co_spawn(loop_, store_->owing(), [alive](std::exception_ptr const&, auto const&) {});
  add(1);
  loop_.poll();
  gates_->wait_for_thread();
  store_.reset();
  run();  // nothing is left to wait for
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(store_test, the_loop_waits_for_the_thread_and_the_thread_takes_no_signals) {
  start();
  add(1);
  gates_->open();
  run();  // returns once the answer is there, not before
  EXPECT_THAT(said_, ElementsAre("well"));
  EXPECT_TRUE(gates_->signals_blocked);
}

TEST_F(store_test, prunes_and_checkpoints_by_itself_when_idle) {
  start();
  gates_->open();
  gates_->wait_for_prunes(3);  // it is told that there is more, twice
  EXPECT_EQ(gates_->pruned_at.load(), at(0));
}

TEST_F(store_test, a_disk_that_takes_nothing_more_loses_nothing_and_goes_on_once_it_does) {
  folder here;
  start(opened(here.file()));
  gates_->open();
  add(1);
  run();
  {
    no_room const for_a_page(4096);  // of the log, whether it goes on or begins anew
    for (int i = 2; i <= 4; ++i) add(i);
    run();
    add(5);
    run();
  }
  ASSERT_THAT(said_, SizeIs(5));
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_THAT(said_[i], AllOf(HasSubstr("cannot write " + here.file()), HasSubstr("disk I/O error"),
                                HasSubstr("nothing is lost")));
  }
  EXPECT_THAT(page().rows, SizeIs(1));
  for (int i = 2; i <= 4; ++i) add(i);
  run();
  EXPECT_EQ(std::ranges::count(said_, "well"), 4);
  auto const all = page();
  ASSERT_THAT(all.rows, SizeIs(4));
  EXPECT_EQ(all.rows.back().event->sequence, 4U) << "numbers without gaps";
}

TEST_F(store_test, past_builds_and_those_around_one_are_read) {
  start();
  gates_->open();
  add(7);
  add(9);
  run();
  std::vector<std::uint32_t> past;
  std::vector<neighbours> found;
  asio::co_spawn(loop_, store_->history("huawei", "firmware"),
                 [&](std::exception_ptr const&, base::result<std::vector<forecast::past_build>> answer) {
                   for (auto const& b : *answer) past.push_back(b.number);
                 });
  std::vector<build_name> names;
  names.push_back({"huawei", "firmware", 8});
  asio::co_spawn(loop_, store_->around(std::move(names)),
                 [&](std::exception_ptr const&, base::result<std::vector<neighbours>> answer) { found = *answer; });
  run();
  EXPECT_THAT(past, ElementsAre(9, 7));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].before->number, 7U);
  EXPECT_TRUE(found[0].overtaken);
}

}  // namespace
}  // namespace buildwatch::store::testing
