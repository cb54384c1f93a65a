// The daemon's journal: what came of a build, against those before it in the store and in the same batch.
#include "service/recorder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iterator>
#include <map>

#include "unit/support/fakes.hpp"

namespace buildwatch::service {
namespace {

using model::change;
using model::outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace asio = boost::asio;

/// Knows builds, and remembers what it was to add. As an outbox it is empty.
class fake_store final : public store::store {
 public:
  using page = notify::page;

  asio::awaitable<base::result<std::vector<::buildwatch::store::stored>>> add(
      std::vector<::buildwatch::store::entry> what) override {
    std::vector<::buildwatch::store::stored> all;
    for (auto const& e : what) {
      added.push_back(e.what.event);
      all.emplace_back().event = std::make_shared<model::event const>(e.what.event);
    }
    co_return all;
  }
  asio::awaitable<base::result<std::vector<::buildwatch::store::neighbours>>> around(
      std::vector<::buildwatch::store::build_name> which) override {
    ++looked;
    if (unreadable) co_return base::error{"disk I/O error"};
    std::vector<::buildwatch::store::neighbours> all;
    for (auto const& name : which) all.push_back(around_one(name));
    co_return all;
  }
  asio::awaitable<base::result<void>> remember(watch::memory) override { co_return base::result<void>{}; }
  asio::awaitable<base::result<watch::memory>> known() override { co_return watch::memory(); }
  asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string, std::string) override {
    co_return std::vector<forecast::past_build>();
  }
  asio::awaitable<base::result<void>> probe() override { co_return base::result<void>{}; }
  void keep(std::uint32_t, base::duration) override {}
  void close(std::function<void()>) override {}
  [[nodiscard]] statistics counted() const override { return {}; }

  asio::awaitable<base::result<page>> read(std::string, notify::reading, std::optional<notify::place>,
                                           std::size_t) override {
    co_return page();
  }
  asio::awaitable<base::result<notify::sink_memory>> memory_of(std::string) override {
    co_return notify::sink_memory();
  }
  asio::awaitable<base::result<std::vector<notify::created>>> record(notify::changes) override {
    co_return std::vector<notify::created>();
  }
  asio::awaitable<base::result<notify::fallen_back>> fall_back(notify::overdue) override {
    co_return notify::fallen_back();
  }
  asio::awaitable<base::result<notify::buried>> bury(notify::burial) override { co_return notify::buried(); }
  asio::awaitable<base::result<std::vector<std::string>>> owing() override { co_return std::vector<std::string>(); }
  asio::awaitable<bool> changed_elsewhere() override { co_return false; }

  std::map<std::uint32_t, outcome> builds;  ///< of the job "firmware": those that passed or failed
  bool unreadable = false;
  int looked = 0;
  std::vector<model::event> added;

 private:
  [[nodiscard]] ::buildwatch::store::neighbours around_one(::buildwatch::store::build_name const& name) const {
    ::buildwatch::store::neighbours n;
    if (name.job_id != "firmware") return n;
    auto const next = builds.lower_bound(name.number);
    n.overtaken = builds.upper_bound(name.number) != builds.end();
    if (next != builds.begin()) n.before = model::previous_build{std::prev(next)->first, std::prev(next)->second};
    return n;
  }
};

class recording : public ::testing::Test {
 protected:
  static watch::transition finished(std::uint32_t number, outcome how, std::string const& job = "firmware") {
    watch::transition t;
    t.event.type = model::event_type::build_finished;
    t.event.provider = "huawei";
    t.event.job = model::job{job, "huawei", job, {}};
    t.event.build = model::build{};
    t.event.build->number = number;
    t.event.build->outcome = how;
    return t;
  }
  /// "well", or why not.
  std::string commit(std::vector<watch::transition> what) {
    std::string said = "never";
    kept_.added.clear();
    asio::co_spawn(loop_, recorder_.commit(std::move(what)),
                   [&](std::exception_ptr const& fault, base::result<void> const& answer) {
                     EXPECT_FALSE(fault);
                     said = answer ? "well" : answer.error().text;
                   });
    loop_.restart();
    loop_.run();
    return said;
  }
  /// What is told of each build: "#42 broken after #41 success".
  std::vector<std::string> told(std::vector<watch::transition> what) {
    EXPECT_EQ(commit(std::move(what)), "well");
    std::vector<std::string> all;
    for (model::event const& e : kept_.added) {
      std::string line = fmt::format("#{} {}", e.build->number, e.change ? to_string(*e.change) : "-");
      if (e.previous) line += fmt::format(" after #{} {}", e.previous->number, to_string(e.previous->outcome));
      all.push_back(line);
    }
    return all;
  }
  std::string told(std::uint32_t number, outcome how) {
    std::vector<watch::transition> one;
    one.push_back(finished(number, how));
    return told(std::move(one)).at(0);
  }

  asio::io_context loop_;
  testing::manual_clock clock_;
  testing::idle_waker waker_;
  base::alarms alarms_{waker_};
  testing::remembered_log log_;
  fake_store kept_;
  notify::dispatcher deliveries_{
      notify::dispatcher_parts{loop_.get_executor(), clock_, alarms_, log_, kept_, [] { return 0.5; }}, {}};
  recorder recorder_{std::make_shared<routing const>(routing{notify::rules(std::nullopt, 0, {}), {}}), kept_,
                     deliveries_, log_};
};

TEST_F(recording, a_build_is_compared_with_the_one_before_it) {
  kept_.builds = {{40, outcome::failure}, {41, outcome::success}};
  EXPECT_EQ(told(42, outcome::failure), "#42 broken after #41 success");
  EXPECT_EQ(told(42, outcome::unstable), "#42 broken after #41 success");
  EXPECT_EQ(told(42, outcome::success), "#42 still_passing after #41 success");
  kept_.builds = {{40, outcome::success}, {41, outcome::unstable}};
  EXPECT_EQ(told(42, outcome::success), "#42 fixed after #41 unstable");
  EXPECT_EQ(told(42, outcome::failure), "#42 still_failing after #41 unstable");
}

TEST_F(recording, the_first_build_changes_nothing) { EXPECT_EQ(told(42, outcome::failure), "#42 -"); }

TEST_F(recording, what_was_aborted_or_unknown_changes_nothing_but_names_the_build_before) {
  kept_.builds = {{41, outcome::success}};
  EXPECT_EQ(told(42, outcome::aborted), "#42 - after #41 success");
  EXPECT_EQ(told(42, outcome::unknown), "#42 - after #41 success");
}

TEST_F(recording, a_build_that_is_overtaken_changes_nothing_but_names_the_build_before) {
  kept_.builds = {{41, outcome::success}, {43, outcome::success}};
  EXPECT_EQ(told(42, outcome::failure), "#42 - after #41 success");
}

TEST_F(recording, builds_of_one_batch_count_for_those_after_them) {
  kept_.builds = {{40, outcome::success}};
  std::vector<watch::transition> batch;
  batch.push_back(finished(41, outcome::failure));
  batch.push_back(finished(50, outcome::success, "other"));
  batch.push_back(finished(42, outcome::aborted));
  batch.push_back(finished(43, outcome::success));
  batch.push_back(finished(44, outcome::success));
  EXPECT_THAT(told(std::move(batch)),
              ElementsAre("#41 broken after #40 success", "#50 -", "#42 - after #41 failure",
                          "#43 fixed after #41 failure", "#44 still_passing after #43 success"));
}

TEST_F(recording, an_earlier_build_of_a_batch_may_overtake) {
  kept_.builds = {{40, outcome::success}};
  std::vector<watch::transition> batch;
  batch.push_back(finished(42, outcome::success));
  batch.push_back(finished(41, outcome::failure));
  EXPECT_THAT(told(std::move(batch)), ElementsAre("#42 still_passing after #40 success", "#41 - after #40 success"));
  batch.clear();
  batch.push_back(finished(42, outcome::aborted));
  batch.push_back(finished(41, outcome::failure));
  EXPECT_THAT(told(std::move(batch)), ElementsAre("#42 - after #40 success", "#41 broken after #40 success"));
}

TEST_F(recording, the_same_number_of_another_provider_is_another_build) {
  std::vector<watch::transition> batch;
  batch.push_back(finished(41, outcome::success));
  batch.back().event.provider = "elsewhere";
  batch.push_back(finished(42, outcome::failure));
  EXPECT_THAT(told(std::move(batch)), ElementsAre("#41 -", "#42 -"));
}

TEST_F(recording, only_finished_builds_are_compared) {
  kept_.builds = {{41, outcome::success}};
  std::vector<watch::transition> batch;
  batch.push_back(finished(42, outcome::failure));
  batch.back().event.type = model::event_type::build_started;
  EXPECT_THAT(told(std::move(batch)), ElementsAre("#42 -"));
  EXPECT_EQ(kept_.looked, 0) << "nothing is read for it";
  watch::transition outage;
  outage.event.type = model::event_type::provider_unreachable;
  outage.event.provider = "huawei";
  batch.clear();
  batch.push_back(outage);
  batch.push_back(finished(43, outcome::failure));
  batch.back().event.type = model::event_type::build_started;
  batch.push_back(finished(42, outcome::failure));
  EXPECT_EQ(commit(std::move(batch)), "well");
  EXPECT_FALSE(kept_.added.at(1).previous);
  EXPECT_EQ(kept_.added.at(2).change, change::broken) << "each build has its own answer";
}

TEST_F(recording, nothing_is_stored_while_the_builds_before_cannot_be_read) {
  kept_.unreadable = true;
  std::vector<watch::transition> batch;
  batch.push_back(finished(42, outcome::failure));
  EXPECT_EQ(commit(std::move(batch)), "disk I/O error");
  EXPECT_THAT(kept_.added, IsEmpty());
}

}  // namespace
}  // namespace buildwatch::service
