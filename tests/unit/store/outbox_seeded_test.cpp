// Random lives of an outbox: the database gives the same answers as a map in memory. A seed that fails is named and
// plays the same life again.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <random>

#include "unit/notify/fake_outbox.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

namespace asio = boost::asio;
using buildwatch::testing::fake_outbox;

std::string lines(std::vector<notify::created> const& made) {
  std::string all;
  for (auto const& c : made) all += "\n  " + c.sink + " " + text(c.delivery);
  return all;
}

std::string lines(notify::page const& page) {
  std::string all = page.last ? "last" : "more";
  for (auto const& o : page.rows) all += "\n  " + text(o);
  return all;
}

class life {
 public:
  explicit life(unsigned seed) : random_(seed) {}

  void run() {
    for (int step = 0; step < 100 && !::testing::Test::HasFailure(); ++step) {
      now_ += std::chrono::milliseconds(below(40));
      switch (below(12)) {
        case 0:
        case 1:
        case 2: add(); break;
        case 3:
        case 4:
        case 5: record(); break;
        case 6: fall_back(); break;
        case 7:
          if (below(4) == 0) bury();
          break;
        default: read(); break;
      }
    }
    EXPECT_EQ(file_->owing(), *answer(fake_.owing()));
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string sink() { return std::string(1, static_cast<char>('a' + below(3))); }

  /// Of the fake, which waits for nothing.
  template <class T>
  T answer(asio::awaitable<T> from) {
    asio::io_context loop;
    std::optional<T> result;
    asio::co_spawn(loop, std::move(from),
                   [&](std::exception_ptr const&, T value) { result.emplace(std::move(value)); });
    loop.run();
    return std::move(*result);
  }

  void add() {
    model::event e = event_of(++events_);
    e.timestamp = now_;
    e.sequence = static_cast<std::uint64_t>(events_);
    auto const shared = std::make_shared<model::event const>(e);
    entry what;
    what.what.event = e;
    std::string theirs;
    for (char s = 'a'; s < 'd'; ++s) {
      if (below(2) == 0) continue;
      what.owed.push_back({std::string(1, s), "rules[0]"});
      theirs += text(fake_.add(what.owed.back().sink, shared, now_)) + "\n";
    }
    std::string ours;
    for (auto const& c : added(*file_, what).owed) ours += text(c.delivery) + "\n";
    EXPECT_EQ(ours, theirs);
  }

  void record() {
    notify::changes what;
    what.sink = sink();
    what.released = below(3) == 0;
    if (below(3) == 0) what.memory = notify::sink_memory{below(2) == 0, now_, std::to_string(below(100))};
    what.fallback = below(4) == 0 ? "" : sink();
    for (auto const& [number, row] : fake_.rows) {
      if (row.sink == what.sink && below(5) == 0) what.deliveries.push_back(change(number));
    }
    EXPECT_EQ(lines(committed(*file_, [&] { return file_->record(what); })), lines(fake_.record_now(what)));
    auto const m = file_->memory_of(what.sink);
    EXPECT_EQ(m.paused, fake_.memories[what.sink].paused);
    EXPECT_EQ(m.quiet_until, fake_.memories[what.sink].quiet_until);
    EXPECT_EQ(m.last_error, fake_.memories[what.sink].last_error);
  }

  notify::change change(notify::delivery_number number) {
    notify::change c;
    c.number = number;
    c.fate = static_cast<notify::fate>(below(3));
    c.at = now_;
    c.tries = static_cast<std::uint32_t>(below(9) + 1);
    c.in_tries = std::chrono::milliseconds(below(5000));
    c.due = now_ + std::chrono::milliseconds(below(50));
    c.hit_by_pause = below(2) == 0;
    c.answer = "answer " + std::to_string(below(10));
    return c;
  }

  void fall_back() {
    notify::overdue what;
    what.sink = sink();
    what.fallback = sink();
    what.now = now_;
    what.added_before = now_ - std::chrono::milliseconds(below(400));
    what.last_error = "down";
    auto const ours = committed(*file_, [&] { return file_->fall_back(what); });
    // What was never tried tells the sink's last error, which the simple one leaves out.
    for (auto& [number, row] : fake_.rows) {
      if (row.what.answer.empty() && row.sink == what.sink) row.what.answer = what.last_error;
    }
    auto const theirs = *answer(fake_.fall_back(what));
    for (auto& [number, row] : fake_.rows) {
      if (row.what.answer == what.last_error) row.what.answer.clear();
    }
    EXPECT_EQ(lines(ours.made), lines(theirs.made));
    EXPECT_EQ(ours.oldest, theirs.oldest);
  }

  void bury() {
    notify::burial what;
    what.sink = sink();
    what.why = "disabled";
    what.answer = "410 Gone";
    what.fallback = below(2) == 0 ? "" : sink();
    what.now = now_;
    for (auto& [number, row] : fake_.rows) {
      bool const spared = below(6) == 0;
      if (spared) what.spare.push_back(number);
      bool const never_tried = row.sink == what.sink && row.waits && !spared && row.what.answer.empty();
      if (never_tried) row.what.answer = what.answer;  // the simple one leaves that out, too
    }
    auto const ours = committed(*file_, [&] { return file_->bury(what); });
    auto const theirs = *answer(fake_.bury(what));
    EXPECT_EQ(lines({ours.dead, true}), lines({theirs.dead, true}));
    EXPECT_EQ(lines(ours.made), lines(theirs.made));
  }

  void read() {
    std::string const of = sink();
    auto const order = below(2) == 0 ? notify::reading::by_due : notify::reading::by_number;
    auto const limit = static_cast<std::size_t>(below(5) + 1);
    std::optional<notify::place> after;
    for (bool last = false; !last;) {
      auto const ours = file_->read(of, order, after, limit);
      EXPECT_EQ(lines(ours), lines(fake_.read_now(of, order, after, limit)));
      last = ours.last || ours.rows.empty();
      if (!last) after = notify::place{ours.rows.back().due, ours.rows.back().number};
    }
  }

  std::mt19937 random_;
  std::unique_ptr<database> file_ = opened(":memory:");
  fake_outbox fake_;
  base::wall_time now_ = at(0);
  int events_ = 0;
};

TEST(outbox_seeded_test, answers_as_an_outbox_in_memory_does) {
  for (unsigned seed = 1; seed <= 200 / TEST_SEED_SHARE; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    life(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace buildwatch::store::testing
