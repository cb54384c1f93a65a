// The outbox's side of the dispatcher: for each sink, one coroutine at a time records and reads, in order.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "notify/dispatcher_state.hpp"

namespace buildwatch::notify {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr base::duration again_after = 1s;  // the outbox failed
constexpr base::duration look_every = 1s;   // whether others have changed the outbox
constexpr base::duration complain_every = 1min;
constexpr std::uint64_t named_lines = 20;

}  // namespace

bool dispatcher::state::lane::wants_disk() const {
  return !unsaved.empty() || may_restore() || burying || may_read() || fall_back;
}

// Tries of a removed sink that has come back under the same name end first, or they would be made twice.
bool dispatcher::state::lane::may_restore() const { return restore && !owner.is_retiring(name()); }
bool dispatcher::state::lane::may_read() const { return read && !restore; }

/// What the queue gave out is kept until the outbox has it.
void dispatcher::state::keep(lane& l, queue_commands& todo) {
  if (todo.released || todo.memory || !todo.changes.empty()) {
    // A release concerns what was recorded before it.
    if (l.unsaved.size() < 2 || todo.released) l.unsaved.emplace_back().sink = l.name();
    changes& all = l.unsaved.back();
    all.released = all.released || todo.released;
    all.fallback = l.deliveries.how().fallback;
    if (todo.memory) all.memory = std::move(todo.memory);
    std::move(todo.changes.begin(), todo.changes.end(), std::back_inserter(all.deliveries));
    todo.changes.clear();
  }
  if (todo.read) l.read = todo.read;
  if (todo.bury) bury_rest_of(l, fmt::format("as the sink is disabled ({})", l.deliveries.counts().last_error));
}

void dispatcher::state::bury_rest_of(lane& l, std::string why) {
  if (l.burying) return;
  ++l.burials;
  l.burying.emplace();
  l.burying->sink = l.name();
  l.burying->why = std::move(why);
  l.buried = 0;
}

void dispatcher::state::lane::forget_burial() {
  ++burials;
  burying.reset();
}

void dispatcher::state::serve(lane& l) {
  if (l.serving || l.blocked || closed || !l.wants_disk()) return;
  if (over && l.unsaved.empty()) return;
  l.serving = true;
  auto on_end = [all = self.lock(), &l](std::exception_ptr const& failure, bool well) {
    if (all->closed) return;
    if (failure) all->report("keep what became of deliveries to " + l.name(), failure);
    all->served(l, well && !failure);
  };
  asio::co_spawn(parts.executor, work(self.lock(), l), std::move(on_end));
}

asio::awaitable<bool> dispatcher::state::work(std::shared_ptr<state> self, lane& l) {
  while (!self->closed && l.wants_disk() && !(self->over && l.unsaved.empty())) {
    bool const well = co_await step(self, l);
    if (!well) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> dispatcher::state::step(std::shared_ptr<state> self, lane& l) {
  bool well = true;
  if (!l.unsaved.empty()) {
    well = co_await save(self, l);
  } else if (l.may_restore()) {
    well = co_await restore(self, l);
  } else if (l.burying) {
    well = co_await bury(self, l);
  } else if (l.may_read()) {
    well = co_await read(self, l);
  } else {
    well = co_await fall_back(self, l);
  }
  co_return well;
}

void dispatcher::state::served(lane& l, bool well) {
  l.serving = false;
  if (!well && !over) {
    l.blocked = true;
    parts.alarms.set(l.disk_bell, parts.clock.now().mono + again_after);
  }
  if (!well && over && !l.unsaved.empty()) {
    parts.log.write({base::log_level::error,
                     "outbox.lost",
                     fmt::format("sink {}: what became of deliveries could not be stored before the stop: some may be "
                                 "repeated after the next start, with the same id",
                                 l.name()),
                     {{"sink", l.name()}}});
    l.unsaved.clear();
  }
  serve(l);
  settle(l);
}

void dispatcher::state::lane::try_disk_again() {
  blocked = false;
  owner.serve(*this);
}

void dispatcher::state::complain(std::string const& why) {
  base::time_point const now = parts.clock.now().mono;
  if (complained_at && now < *complained_at + complain_every) return;
  complained_at = now;
  parts.log.write({base::log_level::error,
                   "outbox.failed",
                   "the outbox cannot be used, deliveries go on as far as possible and are recorded later: " + why,
                   {}});
}

// ---- what is asked of it ----

asio::awaitable<bool> dispatcher::state::save(std::shared_ptr<state> self, lane& l) {
  changes const& first = l.unsaved.front();
  changes sent = first;
  // What comes meanwhile goes into a batch of its own.
  if (l.unsaved.size() == 1) l.unsaved.emplace_back().sink = l.name();
  auto result = co_await self->parts.outbox.record(std::move(sent));
  if (self->closed) co_return true;
  if (!result) {
    self->complain(result.error().text);
    co_return false;
  }
  l.unsaved.pop_front();
  if (l.unsaved.size() == 1 && l.unsaved.front().deliveries.empty() && !l.unsaved.front().memory &&
      !l.unsaved.front().released) {
    l.unsaved.pop_front();
  }
  self->add(std::move(*result));
  co_return true;
}

asio::awaitable<bool> dispatcher::state::restore(std::shared_ptr<state> self, lane& l) {
  auto known = co_await self->parts.outbox.memory_of(l.name());
  if (self->closed || l.retired || self->stopping) co_return true;
  if (!known) {
    self->complain(known.error().text);
    co_return false;
  }
  if (!l.unsaved.empty()) co_return true;  // it may have changed meanwhile: that first, then again
  l.restore = false;                       // a page that the queue has asked for still comes; it is then read anew
  queue_commands todo;
  l.deliveries.reload(*known, self->parts.clock.now(), todo);
  self->carry_out(l, todo);
  co_return true;
}

asio::awaitable<bool> dispatcher::state::bury(std::shared_ptr<state> self, lane& l) {
  burial what = *l.burying;
  what.fallback = l.retired ? std::string() : l.deliveries.how().fallback;
  what.now = self->parts.clock.now().wall;
  what.spare = l.deliveries.in_flight();
  auto const which = l.burials;
  auto result = co_await self->parts.outbox.bury(std::move(what));
  if (self->closed) co_return true;
  if (!result) {
    self->complain(result.error().text);
    co_return false;
  }
  self->add(std::move(result->made));
  if (which != l.burials) co_return true;  // another reason has come up meanwhile, or none is left
  for (owed const& dead : result->dead) {
    if (l.buried++ < named_lines) self->parts.log.write(l.says.dead(*dead.event, dead.answer, l.burying->why));
  }
  if (!result->more) {
    if (l.buried > named_lines) self->parts.log.write(l.says.more_dead(l.buried - named_lines, l.burying->why));
    l.forget_burial();
  }
  co_return true;
}

asio::awaitable<bool> dispatcher::state::read(std::shared_ptr<state> self, lane& l) {
  page_request const asked = *l.read;
  auto result = co_await self->parts.outbox.read(l.name(), asked.order, asked.after, asked.limit);
  if (self->closed || l.retired || self->stopping) co_return true;
  if (!result) {
    self->complain(result.error().text);
    co_return false;
  }
  l.read.reset();
  queue_commands todo;
  l.deliveries.loaded(*result, self->parts.clock.now(), todo);
  self->carry_out(l, todo);
  co_return true;
}

void dispatcher::state::lane::look_for_overdue() {
  fall_back = true;
  fell_back = 0;
  owner.serve(*this);
}

asio::awaitable<bool> dispatcher::state::fall_back(std::shared_ptr<state> self, lane& l) {
  delivery_options const& how = l.deliveries.how();
  base::instant const now = self->parts.clock.now();
  overdue what;
  what.sink = how.name;
  what.fallback = how.fallback;
  what.now = now.wall;
  what.added_before = now.wall - std::chrono::floor<std::chrono::milliseconds>(how.fallback_after);
  what.last_error = l.deliveries.counts().last_error;
  base::duration const patience = how.fallback_after;
  auto result = co_await self->parts.outbox.fall_back(std::move(what));
  if (self->closed || l.retired) co_return true;
  if (!result) {
    self->complain(result.error().text);
    co_return false;
  }
  for (created const& c : result->made) {
    if (l.fell_back++ < named_lines) self->parts.log.write(l.says.falls_back(*c.delivery.event, patience));
  }
  self->add(std::move(result->made));
  if (result->more) co_return true;
  l.fall_back = false;
  if (l.fell_back > named_lines) self->parts.log.write(l.says.more_fall_back(l.fell_back - named_lines));
  // Whatever comes from now on is not overdue before then.
  base::duration wait = patience;
  if (result->oldest) wait = std::min<base::duration>(wait, *result->oldest - now.wall + patience);
  self->parts.alarms.set(l.overdue_bell, now.mono + std::max<base::duration>(wait, 1ms));
  co_return true;
}

// ---- the outbox as a whole ----

void dispatcher::state::spawn_begin() {
  auto all = self.lock();
  asio::co_spawn(parts.executor, begin(all), [all](std::exception_ptr const& failure) {
    if (failure && !all->closed) all->report("begin with the outbox", failure);
  });
}

/// What is owed to sinks that are none any more is dead.
asio::awaitable<void> dispatcher::state::begin(std::shared_ptr<state> self) {
  auto owing = co_await self->parts.outbox.owing();
  if (self->closed) co_return;
  if (!owing) {
    self->complain(owing.error().text);
    co_return;
  }
  for (std::string& name : *owing) {
    if (self->find(name) == nullptr) self->bury_sink(std::move(name));
  }
}

/// Of a sink that there is no lane of.
void dispatcher::state::bury_sink(std::string name) {
  destination gone;
  gone.how.name = std::move(name);
  retire(std::make_unique<lane>(*this, std::move(gone)));
}

void dispatcher::state::retire(std::unique_ptr<lane> l) {
  l->retired = true;
  l->read.reset();
  l->restore = l->fall_back = false;
  l->forget_burial();
  l->says = delivery_log(l->name(), {});  // its fallback went with it
  queue_commands nothing_starts;
  l->deliveries.stop(nothing_starts);
  bury_rest_of(*l, std::string(removed_sink));
  parts.alarms.clear(l->overdue_bell);
  retired.push_back(std::move(l));
  carry_out(*retired.back(), nothing_starts);
}

void dispatcher::state::look_elsewhere() {
  auto all = self.lock();
  asio::co_spawn(parts.executor, look(all), [all](std::exception_ptr const& failure) {
    if (all->closed || all->stopping) return;
    if (failure) all->report("look at the outbox", failure);
    all->parts.alarms.set(all->elsewhere_bell, all->parts.clock.now().mono + look_every);
  });
}

asio::awaitable<void> dispatcher::state::look(std::shared_ptr<state> self) {
  bool const changed = co_await self->parts.outbox.changed_elsewhere();
  if (!changed || self->closed || self->stopping) co_return;
  for (auto const& l : self->lanes) {
    l->restore = true;
    self->serve(*l);
  }
}

}  // namespace buildwatch::notify
