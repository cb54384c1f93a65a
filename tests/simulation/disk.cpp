#include "simulation/disk.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;
namespace real = ::buildwatch::store;
using namespace std::chrono_literals;

constexpr char const* full = "database or disk is full";
constexpr std::size_t largest_group = 64;

}  // namespace

// ---- requests ----

/// True: it was done. Else its failure is set.
asio::awaitable<bool> disk::carry_out(asked what) {
  what->who = on_.waits.take_ticket();
  waiting_.push_back(what);
  arm();
  co_await on_.waits.wait(what->who, sleepers::for_ever);
  co_return what->failure.empty();
}

asio::awaitable<base::result<notify::page>> disk::read(std::string sink, notify::reading order,
                                                       std::optional<notify::place> after, std::size_t limit) {
  notify::page page;
  auto const what = std::make_shared<request>();
  what->work = [&] { page = file_.read(sink, order, after, limit); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  knows_.told.expect(page.rows.size() <= limit, "a page is larger than asked for");
  for (notify::owed const& row : page.rows) knows_.told.tell("read", sink, row.number, row.webhook_id, row.tries);
  co_return page;
}

asio::awaitable<base::result<notify::sink_memory>> disk::memory_of(std::string sink) {
  notify::sink_memory known;
  auto const what = std::make_shared<request>();
  what->work = [&] { known = file_.memory_of(sink); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return known;
}

asio::awaitable<base::result<std::vector<notify::created>>> disk::record(notify::changes changes) {
  std::vector<notify::created> made;
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { made = file_.record(changes); };
  what->committed = [&] { knows_.deliveries.recorded(changes, made); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return made;
}

asio::awaitable<base::result<notify::fallen_back>> disk::fall_back(notify::overdue overdue) {
  notify::fallen_back result;
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { result = file_.fall_back(overdue); };
  what->committed = [&] { knows_.deliveries.fell_back(overdue, result); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return result;
}

asio::awaitable<base::result<notify::buried>> disk::bury(notify::burial burial) {
  knows_.deliveries.asked_to_bury(burial);
  notify::buried result;
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { result = file_.bury(burial); };
  what->committed = [&] { knows_.deliveries.buried(burial, result); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return result;
}

asio::awaitable<base::result<std::vector<std::string>>> disk::owing() {
  std::vector<std::string> names;
  auto const what = std::make_shared<request>();
  what->work = [&] { names = file_.owing(); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return names;
}

/// Only a file is opened by others, too.
asio::awaitable<bool> disk::changed_elsewhere() { co_return file_.changed_elsewhere(); }

asio::awaitable<base::result<std::vector<real::stored>>> disk::add(std::vector<real::entry> entries) {
  for (real::entry const& e : entries) {
    knows_.told.tell("found", to_string(e.what.event.type), e.what.event.id);
    knows_.transitions.claimed(e.what);
    knows_.deliveries.asked_for(e);
  }
  std::vector<real::stored> made;
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { made = file_.add(entries); };
  what->committed = [&] {
    knows_.told.expect(made.size() == entries.size(), "not all transitions were stored");
    for (std::size_t i = 0; i < made.size() && i < entries.size(); ++i) {
      knows_.told.tell("stored", entries[i].what.event.id, made[i].event->sequence);
      if (!made[i].known) knows_.transitions.stored(entries[i].what);
      knows_.deliveries.added(entries[i], made[i]);
    }
  };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return made;
}

asio::awaitable<base::result<void>> disk::remember(watch::memory memory) {
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { file_.remember(memory); };
  base::duration const asked_at = on_.clock.elapsed();
  what->committed = [&] { knows_.remembered(on_.clock.elapsed() - asked_at); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return base::result<void>{};
}

asio::awaitable<base::result<watch::memory>> disk::known() {
  watch::memory known;
  auto const what = std::make_shared<request>();
  what->work = [&] { known = file_.known(); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return known;
}

asio::awaitable<base::result<std::vector<forecast::past_build>>> disk::history(std::string provider,
                                                                               std::string job_id) {
  std::vector<forecast::past_build> past;
  auto const what = std::make_shared<request>();
  what->work = [&] { past = file_.history(provider, job_id); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return past;
}

asio::awaitable<base::result<std::vector<::buildwatch::store::neighbours>>> disk::around(
    std::vector<::buildwatch::store::build_name> which) {
  std::vector<::buildwatch::store::neighbours> found;
  auto const what = std::make_shared<request>();
  what->work = [&] { found = file_.around(which); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return found;
}

void disk::keep(std::uint32_t builds, base::duration events) { file_.keep(builds, events); }

void disk::close(std::function<void()> done) {
  closed_ = std::move(done);
  arm();
}

// ---- the disk ----

void disk::arm() {
  if (bell_.set()) return;
  base::duration wait = luck_.one_in(4) ? luck_.between(0ms, 20ms) : 1ms;
  if (weather_.slow && luck_.one_in(2)) {
    wait = luck_.between(20ms, 1500ms);
    knows_.store_failed();
  }
  on_.alarms.set(bell_, on_.clock.now().mono + wait);
}

void disk::turn() {
  if (on_.dead) return;
  if (!done_.empty()) {
    answer();
  } else if (!waiting_.empty()) {
    commit_some();
    if (on_.dead) return;
    if (!luck_.one_in(8)) answer();  // else the answers take a while longer
  }
  if (!done_.empty() || !waiting_.empty()) {
    arm();
  } else if (closed_) {
    asio::post(on_.context, std::exchange(closed_, nullptr));
  }
}

/// Writes at the front share a commit; a read stands alone.
void disk::commit_some() {
  std::vector<asked> batch;
  while (!waiting_.empty() && batch.size() < largest_group && (batch.empty() || waiting_.front()->writes)) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (!batch.back()->writes) break;
  }
  if (batch.front()->writes) {
    write(batch);
  } else {
    read_one(*batch.front());
  }
  done_ = std::move(batch);
}

bool disk::fails() { return on_.clock.elapsed() < weather_.full_until || (weather_.flaky && luck_.one_in(10)); }

void disk::write(std::vector<asked> const& batch) {
  auto const next = std::exchange(weather_.next_commit, disk_weather::fate::none);
  try {
    file_.begin();
    for (asked const& r : batch) r->work();
    if (luck_.one_in(20)) file_.prune(on_.clock.wall());
    if (next == disk_weather::fate::crash_before || fails()) {
      file_.roll_back();
      knows_.told.tell("commit fails", batch.size());
      knows_.store_failed();
      for (asked const& r : batch) r->failure = full;
      if (next == disk_weather::fate::crash_before) on_.crash();
      return;
    }
    file_.commit();
  } catch (std::exception const& e) {
    knows_.told.fail(std::string("the database fails: ") + e.what());
    file_.roll_back();
    for (asked const& r : batch) r->failure = e.what();
    return;
  }
  ++counted_.commits;
  counted_.requests += batch.size();
  for (asked const& r : batch) r->committed();
  if (next == disk_weather::fate::crash_after) on_.crash();
}

void disk::read_one(request& what) {
  if (weather_.flaky && luck_.one_in(10)) {
    knows_.store_failed();
    what.failure = "disk I/O error";
    return;
  }
  try {
    what.work();
  } catch (std::exception const& e) {
    knows_.told.fail(std::string("the database fails: ") + e.what());
    what.failure = e.what();
  }
}

void disk::answer() {
  for (asked const& r : std::exchange(done_, {})) on_.waits.wake(r->who);
}

}  // namespace buildwatch::simulation
