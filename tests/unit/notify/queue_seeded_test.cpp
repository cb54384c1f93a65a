// Random lives of a queue against a simple oracle. A seed that fails is named and plays the same life again.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <set>

#include "buildwatch/notify/queue.hpp"
#include "unit/notify/events.hpp"
#include "unit/notify/fake_outbox.hpp"

namespace buildwatch::notify {
namespace {

using namespace std::chrono_literals;

/// What the oracle knows of one delivery.
struct known_of {
  std::string job;
  base::time_point added;
  base::duration in_tries{};
  std::size_t tries = 0;
  bool delivered = false;
};

class life {
 public:
  explicit life(unsigned seed)
      : random_(seed),
        how_(choose_options()),
        window_(static_cast<std::size_t>(below(3) == 0 ? 1000 : 4 + below(20))),
        queue_(
            how_, {}, instant(), [this] { return std::uniform_real_distribution(0.0, 1.0)(random_); }, window_) {
    queue_commands out;
    queue_.reload({}, instant(), out);
    keep(out);
  }

  void run() {
    int const events = below(300) + 20;
    while (!::testing::Test::HasFatalFailure()) {
      auto const next = next_step(added_ < events);
      if (!next) break;
      step(*next, added_ < events);
    }
    check_the_end();
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  [[nodiscard]] base::instant instant() const {
    return {now_, testing::at(std::chrono::floor<std::chrono::milliseconds>(now_.time_since_epoch()).count())};
  }

  /// Does what the queue wants of the outbox; pages take their time.
  void keep(queue_commands& out) {
    changes all;
    all.sink = "s";
    all.deliveries = out.changes;
    all.memory = out.memory;
    all.released = out.released;
    static_cast<void>(outbox_.record_now(all));
    if (!out.read) return;
    ASSERT_FALSE(page_at_) << "one page at a time";
    page_ = outbox_.read_now("s", out.read->order, out.read->after, out.read->limit);
    page_at_ = now_ + std::chrono::milliseconds(below(4) == 0 ? below(3000) : 0);
  }

  delivery_options choose_options() {
    delivery_options how;
    how.name = "s";
    how.concurrency = static_cast<unsigned>(below(4) + 1);
    how.pauses = below(2) == 0;
    how.retry.clear();
    for (int i = below(5); i > 0; --i) how.retry.push_back(std::chrono::seconds(below(60) + 1));
    return how;
  }

  // The earliest of: an event that happens, a try that ends, what the queue itself waits for.
  std::optional<base::time_point> next_step(bool more_events) {
    std::optional<base::time_point> next;
    auto const consider = [&](base::time_point t) { next = next ? std::min(*next, t) : t; };
    if (more_events) consider(next_event_);
    if (!flying_.empty()) consider(flying_.begin()->first);
    if (page_at_) consider(*page_at_);
    if (auto const due = queue_.next_due()) {
      EXPECT_GT(*due, now_) << "it would be asked for ever";
      consider(*due);
    }
    return next;
  }

  void step(base::time_point t, bool more_events) {
    now_ = t;
    bool const was_paused = queue_.counts().paused;
    std::size_t const were_flying = flying_.size();
    queue_commands out;
    bool success = false;
    if (page_at_ && *page_at_ <= now_) {
      page_at_.reset();
      queue_.loaded(page_, instant(), out);
    } else if (!flying_.empty() && flying_.begin()->first <= now_) {
      success = end_try(out);
    } else if (more_events && next_event_ <= now_) {
      add(out);
    } else {
      queue_.tick(instant(), out);
    }
    keep(out);
    check_starts(out, was_paused && !success, were_flying);
  }

  void add(queue_commands& out) {
    int const number = ++added_;
    std::string const job = "j" + std::to_string(below(6));
    fates_["evt_" + std::to_string(number)] = {job, now_, {}, 0, false};
    // Bursts and lulls.
    next_event_ = now_ + (below(4) == 0 ? std::chrono::seconds(below(200)) : 0s);
    queue_.add(outbox_.add("s", testing::event_numbered(number, job), instant().wall), instant(), out);
  }

  bool end_try(queue_commands& out) {
    auto const flight = flying_.begin()->second;
    flying_.erase(flying_.begin());
    known_of& f = fates_.at(flight.event->id);
    f.in_tries += now_ - started_.at(flight.number);
    busy_.erase(f.job);
    attempt result;
    // The receiver works, is broken or is down, by the minute.
    auto const minute = static_cast<unsigned>(now_.time_since_epoch() / 1min);
    std::mt19937 weather(minute);
    unsigned const mood = weather() % 4;
    result.verdict = mood == 0                    ? verdict::retry_paused
                     : mood == 1 && below(2) == 0 ? verdict::retry
                                                  : verdict::delivered;
    if (mood == 0 && below(4) == 0) result.retry_after = std::chrono::seconds(below(100));
    result.answer = std::to_string(mood);
    f.delivered = result.verdict == verdict::delivered;
    queue_.finished(flight.number, result, instant(), out);
    return f.delivered;
  }

  void check_starts(queue_commands const& out, bool paused, std::size_t were_flying) {
    bool const still_paused = paused && queue_.counts().paused;
    if (still_paused && were_flying > 1) {
      ASSERT_TRUE(out.starts.empty()) << "alone";
    }
    delivery_number last = 0;
    for (start const& s : out.starts) {
      known_of& f = fates_.at(s.event->id);
      ASSERT_TRUE(busy_.insert(f.job).second) << "two of " << f.job << " at once";
      ASSERT_FALSE(f.delivered);
      ASSERT_LE(++f.tries, how_.retry.size() + 1);
      ASSERT_GT(s.number, last) << "oldest first";
      last = s.number;
      if (f.tries == 1) {
        ASSERT_GT(s.number, first_tries_[f.job]) << "in order as long as nothing fails";
        first_tries_[f.job] = s.number;
      }
      started_[s.number] = now_;
      flying_.emplace(now_ + std::chrono::milliseconds(below(20'000)), s);
    }
    ASSERT_LE(flying_.size(), how_.concurrency);
    if (still_paused) {
      ASSERT_LE(out.starts.size(), 1U);
    }
    auto const c = queue_.counts();
    ASSERT_EQ(outbox_.waiting("s") + c.delivered + c.dead, static_cast<std::uint64_t>(added_));
    ASSERT_LE(c.pending, window_ + 40) << "memory is bounded";
    ASSERT_EQ(c.in_flight, flying_.size());
    for (auto const& e : out.logs) {
      if (e.id == "delivery.dead") check_death(e);
    }
  }

  void check_death(base::log_event const& e) {
    ASSERT_EQ(e.fields.at(1).first, "event_id");
    known_of const& f = fates_.at(e.fields.at(1).second);
    if (f.tries == how_.retry.size() + 1) return;
    auto const patience = std::accumulate(how_.retry.begin(), how_.retry.end(), base::duration::zero());
    ASSERT_TRUE(how_.pauses);
    ASSERT_GT(now_ - f.added - f.in_tries, patience) << e.text;
  }

  void check_the_end() {
    auto const c = queue_.counts();
    EXPECT_EQ(outbox_.waiting("s"), 0U) << "nothing is forgotten";
    EXPECT_EQ(c.delivered + c.dead, static_cast<std::uint64_t>(added_));
    std::uint64_t delivered = 0;
    for (auto const& [id, f] : fates_) delivered += f.delivered ? 1 : 0;
    EXPECT_EQ(c.delivered, delivered);
  }

  std::mt19937 random_;
  base::time_point now_{1h};
  delivery_options how_;
  std::size_t window_;
  testing::fake_outbox outbox_;
  queue queue_;
  page page_;
  std::optional<base::time_point> page_at_;
  base::time_point next_event_{1h};
  int added_ = 0;
  std::map<std::string, known_of> fates_;
  std::multimap<base::time_point, start> flying_;
  std::map<delivery_number, base::time_point> started_;
  std::map<std::string, delivery_number> first_tries_;
  std::set<std::string> busy_;
};

TEST(queue, keeps_its_promises_in_two_hundred_random_lives) {
  for (unsigned seed = 1; seed <= 200 / TEST_SEED_SHARE; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    life(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace buildwatch::notify
