// A loop with sources and a journal made of paper, on a real io_context turned by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "buildwatch/watch/loop.hpp"
#include "unit/watch/harness.hpp"
#include "watch/parking.hpp"

namespace buildwatch::watch::testing {

namespace asio = boost::asio;

/// Answers when the test says so, or at once.
class paper_source final : public build_source {
 public:
  /// The build list and records are refused, at once.
  asio::awaitable<void> ask(query const& what, observation& into) override {
    if (what.what == asks::list || what.what == asks::record) {
      into = seen_as(sight::refused_call);
      co_return;
    }
    asked.emplace_back(what.job_id.substr(0, 4));
    if (throws) throw std::runtime_error("a bug");
    ++open;
    most_open = std::max(most_open, open);
    if (!at_once && !stopped) co_await held.wait();
    --open;
    ended.emplace_back(what.job_id.substr(0, 4));
    into = stopped ? failed(fault::other, "stopped") : answer;
  }
  void stop() override {
    stopped = true;
    held.wake_all();
  }

  observation answer = running();
  bool at_once = true;
  bool throws = false;
  bool stopped = false;
  int open = 0;
  int most_open = 0;
  std::vector<std::string> asked;
  std::vector<std::string> ended;
  parking held;
};

class paper_journal final : public journal {
 public:
  asio::awaitable<base::result<void>> commit(std::vector<transition> what) override {
    batches.push_back(what.size());
    if (!at_once) co_await held.wait();
    if (throws) throw std::runtime_error("a bug");
    if (broken) co_return base::error{"disk full"};
    for (auto& t : what) stored.push_back(std::move(t.event));
    co_return base::result<void>{};
  }
  asio::awaitable<base::result<void>> remember(memory what) override {
    memories.push_back(std::move(what));
    if (!at_once) co_await held.wait();
    if (throws) throw std::runtime_error("a bug");
    if (broken) co_return base::error{"disk full"};
    co_return base::result<void>{};
  }

  asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string, std::string) override {
    ++recalled;
    co_return past;
  }

  std::vector<forecast::past_build> past;
  int recalled = 0;
  bool at_once = true;
  bool broken = false;
  bool throws = false;
  std::vector<std::size_t> batches;
  std::vector<model::event> stored;
  std::vector<memory> memories;  ///< tried, stored or not
  parking held;
};

class loop_test : public ::testing::Test {
 protected:
  // A source that hangs holds the question, which holds the loop's inside, which holds the source.
  ~loop_test() override {
    loop_.reset();
    for (auto const& s : sources_) s->held.clear();
  }

  void make(options what, std::size_t providers = 1) {
    for (std::size_t i = 0; i < providers; ++i) {
      sources_.push_back(std::make_shared<paper_source>());
      sources_.back()->answer = first_;
    }
    loop_parts parts{context_.get_executor(), clock_, alarms_, log_, journal_, {}};
    for (auto const& s : sources_) parts.sources.push_back(s);
    loop_.emplace(std::move(parts), std::move(what), memory{});
    loop_->start();
    turn();
  }

  /// The loop goes over to other settings; sources_ are those it has from now on.
  void reload(options what) {
    std::vector<std::shared_ptr<build_source>> const sources(sources_.begin(), sources_.end());
    loop_->reconfigure(std::move(what), {}, sources);
    turn();
  }

  void turn() {
    context_.restart();
    context_.poll();
  }

  void pass(base::duration t) {
    base::time_point const end = clock_.at.mono + t;
    while (auto const next = alarms_.next()) {
      if (*next > end) break;
      clock_.advance(std::max(*next - clock_.at.mono, base::duration::zero()));
      alarms_.run(clock_.at.mono);
      turn();
    }
    clock_.advance(end - clock_.at.mono);
  }

  // The parts outlive the loop; the context goes last, with whatever is left in it.
  buildwatch::testing::manual_clock clock_;
  buildwatch::testing::idle_waker waker_;
  base::alarms alarms_{waker_};
  buildwatch::testing::remembered_log log_;
  asio::io_context context_{1};
  paper_journal journal_;
  std::vector<std::shared_ptr<paper_source>> sources_;
  std::optional<loop> loop_;
  observation first_ = running();  ///< answer of new sources
};

}  // namespace buildwatch::watch::testing
