// Looking into the store that the daemon has open, from its loop.
#include "buildwatch/store/window.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

namespace asio = boost::asio;
using ::testing::SizeIs;

class window_test : public ::testing::Test {
 protected:
  window_test() : file_(opened(folder_.file())), window_(*window::open(loop_.get_executor(), folder_.file())) {}

  template <class T>
  base::result<T> ask(asio::awaitable<base::result<T>> what) {
    std::optional<base::result<T>> got;
    asio::co_spawn(loop_, std::move(what), [&](std::exception_ptr const& fault, base::result<T> answer) {
      EXPECT_FALSE(fault);
      got.emplace(std::move(answer));
    });
    loop_.restart();
    loop_.run();
    return std::move(*got);
  }

  folder folder_;
  asio::io_context loop_;
  std::unique_ptr<database> file_;
  std::unique_ptr<window> window_;
};

TEST_F(window_test, what_was_just_committed_is_seen) {
  EXPECT_EQ(ask(window_->log(0, 10))->newest, 0U);
  added(*file_, owed_to(event_of(1), {"oncall"}));
  EXPECT_THAT(ask(window_->log(0, 10))->events, SizeIs(1));
  reader::job of{event_of(1).provider, event_of(1).job->job_id};
  EXPECT_THAT(*ask(window_->builds(of, 10)), SizeIs(1));
  EXPECT_THAT(*ask(window_->tallies()), SizeIs(1));
}

TEST_F(window_test, a_transaction_under_way_holds_up_nobody_who_looks) {
  file_->begin();
  EXPECT_TRUE(ask(window_->log(0, 10)));
  file_->commit();
}

TEST_F(window_test, an_error_is_told_to_who_asked) {
  SQLite::Database(folder_.file(), SQLite::OPEN_READWRITE).exec("DROP TABLE deliveries; DROP TABLE events");
  auto const got = ask(window_->log(0, 10));
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().text.find(folder_.file()), std::string::npos);
}

TEST_F(window_test, once_closed_it_answers_nobody) {
  bool done = false;
  window_->close([&] { done = true; });
  loop_.restart();
  loop_.run();
  EXPECT_TRUE(done);
  EXPECT_FALSE(ask(window_->log(0, 10)));
}

TEST_F(window_test, one_that_is_dropped_leaves_nobody_waiting) {
  bool ended = false;
  asio::co_spawn(loop_, window_->log(0, 10),
                 [&](std::exception_ptr const&, base::result<reader::event_page>) { ended = true; });
  loop_.restart();
  loop_.poll_one();
  window_.reset();
  loop_.run();
  EXPECT_FALSE(ended) << "its coroutine was destroyed";
}

}  // namespace
}  // namespace buildwatch::store::testing
