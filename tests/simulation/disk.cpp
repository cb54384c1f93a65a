#include "simulation/disk.hpp"

#include <utility>

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;
namespace real = ::buildwatch::store;

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
  base::duration const asked_at = on_.clock.elapsed();
  for (real::entry const& e : entries) {
    knows_.told.tell("found", to_string(e.what.event.type), e.what.event.id);
    knows_.claimed(e.what);
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
      if (!made[i].known) knows_.stored(entries[i].what, on_.clock.elapsed() - asked_at);
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
  what->committed = [&] { knows_.remembered(memory, on_.clock.elapsed() - asked_at); };
  bool const well = co_await carry_out(what);
  if (!well) co_return base::error{what->failure};
  co_return base::result<void>{};
}

asio::awaitable<base::result<void>> disk::probe() {
  auto const what = std::make_shared<request>();
  what->writes = true;
  what->work = [&] { file_.touch(); };
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

}  // namespace buildwatch::simulation
