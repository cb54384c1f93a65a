#include "codearts/fetched_credentials.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "buildwatch/base/exception_text.hpp"
#include "codearts/single_flight.hpp"

namespace buildwatch::codearts {
namespace {

using boost::asio::awaitable;

/// All of it, shared with the fetch under way, which may end after its owner.
struct shelf {
  shelf(fetching const& with, std::shared_ptr<credential_fetcher> source)
      : how(with), from(std::move(source)), flight(with.net) {}

  fetching how;
  std::shared_ptr<credential_fetcher> from;
  single_flight flight;
  std::uint64_t generation = 0;  ///< rises with each new credential; 0: none yet
  base::time_point usable_until = base::time_point::min();
  base::time_point renew_at = base::time_point::max();
  std::string warned;  ///< the last warning: said once, then again when it changes
};

using shared_shelf = std::shared_ptr<shelf>;

bool usable(shelf const& s, base::time_point now) { return s.generation != 0 && now < s.usable_until; }

/// How long a renewal ahead of time waits after one that failed: a quarter of the time left, within bounds, as polls go
/// on meanwhile; longer where the other side has refused (contract section 3: one trial every 5 min) or asks for it.
base::duration renewal_pause(trouble const& why, base::duration left) {
  base::duration const least = std::chrono::seconds(1);
  base::duration const most = std::chrono::minutes(1);
  base::duration const usual = std::clamp(left / 4, least, most);
  base::duration const longest_asked_for = std::chrono::hours(1);
  if (why.fault == model::fault::refused) return std::chrono::minutes(5);
  return std::max(usual, std::min(why.retry_after.value_or(usual), longest_asked_for));
}

void put_off(shelf& s, trouble const& why, base::time_point now) {
  s.renew_at = now + renewal_pause(why, s.usable_until - now);
  if (s.warned == why.text) return;
  s.warned = why.text;
  base::log_event event;
  event.level = base::log_level::warn;
  event.id = "credential.renewal_failed";
  event.text = "provider " + s.how.provider +
               ": its credential could not be renewed ahead of time, the old one is used " +
               "while it lasts: " + why.text;
  event.fields.emplace_back("provider", s.how.provider);
  s.how.log.write(event);
}

void keep(shelf& s, fetched const& got, base::time_point now) {
  s.usable_until = now + got.usable;
  s.renew_at = now + got.renew_after;
  s.warned.clear();
  if (!got.changed) return;
  ++s.generation;
  if (!s.how.log.wants(base::log_level::debug)) return;
  base::log_event event;
  event.level = base::log_level::debug;
  event.id = "credential.fetched";
  event.text = "provider " + s.how.provider + ": has a new credential";
  event.fields.emplace_back("provider", s.how.provider);
  s.how.log.write(event);
}

void land(shelf& s, fetched const& got) {
  base::time_point const now = s.how.net.clock.now().mono;
  if (!got.problem) {
    keep(s, got, now);
  } else if (usable(s, now)) {
    put_off(s, *got.problem, now);
  }
  s.flight.finish(got.problem);
}

awaitable<void> fly(shared_shelf s) {
  base::time_point const deadline = s->how.net.clock.now().mono + s->how.timeout;
  fetched const got = co_await s->from->fetch(deadline);
  land(*s, got);
}

/// Only a bug ends a fetch by an exception: told in the log, and those who wait are not left waiting.
void record_end(shelf& s, std::exception_ptr const& thrown) {
  if (!thrown) return;
  std::string const what = base::text_of(thrown);
  base::log_event event;
  event.level = base::log_level::error;
  event.id = "credential.task_failed";
  event.text = "task codearts.fetch_credential of provider " + s.how.provider + " ended by an exception: " + what;
  event.fields.emplace_back("provider", s.how.provider);
  s.how.log.write(event);
  fetched nothing;
  nothing.problem = trouble{model::fault::other, "fetching a credential failed: " + what, {}};
  land(s, nothing);
}

void take_off(shared_shelf const& s) {
  if (s->flight.running()) return;
  s->flight.begin();
  boost::asio::co_spawn(s->how.net.executor, fly(s), [s](std::exception_ptr thrown) { record_end(*s, thrown); });
}

class fetched_credentials final : public credentials {
 public:
  explicit fetched_credentials(shared_shelf s) : shelf_(std::move(s)) {}

  bool ready(base::instant now) override {
    if (!usable(*shelf_, now.mono)) return false;
    if (now.mono >= shelf_->renew_at) take_off(shelf_);
    return true;
  }

  awaitable<std::optional<trouble>> obtain(base::time_point deadline) override {
    take_off(shelf_);
    co_return co_await shelf_->flight.join(deadline);
  }

  std::uint64_t sign(std::string_view canonical_address, base::instant now, std::string& headers) override {
    shelf_->from->sign(canonical_address, now, headers);
    return shelf_->generation;
  }

  awaitable<renewal> renew(std::uint64_t refused, base::time_point deadline) override {
    renewal out;
    if (shelf_->generation == refused) {
      // Known to be refused: nobody sends it again before a fetch has gone well.
      shelf_->usable_until = base::time_point::min();
      take_off(shelf_);
      out.problem = co_await shelf_->flight.join(deadline);
    }
    out.changed = shelf_->generation != refused;
    co_return out;
  }

  void hide(std::string& words) const override { shelf_->from->hide(words); }

  void stop() override {
    shelf_->flight.stop();
    shelf_->from->close();
  }

 private:
  shared_shelf shelf_;
};

}  // namespace

std::unique_ptr<credentials> make_fetched(fetching const& how, std::shared_ptr<credential_fetcher> from) {
  return std::make_unique<fetched_credentials>(std::make_shared<shelf>(how, std::move(from)));
}

}  // namespace buildwatch::codearts
