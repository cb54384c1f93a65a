#include "simulation/life.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr base::duration sink_grace = 3500ms;
constexpr base::duration whole_stop = 4500ms;

}  // namespace

// The last resort of a stop, as in service: what still hangs is left behind.
class life::grace final : public base::alarm {
 public:
  explicit grace(life& owner) : owner_(owner) {}

 private:
  void ring(base::time_point) override {
    if (std::exchange(given_up_, true)) {
      owner_.stopped_ = true;
      return;
    }
    owner_.deliveries_->give_up();
    owner_.ground_.alarms.set(*this, owner_.all_.clock.now().mono + 200ms);
  }
  life& owner_;
  bool given_up_ = false;
};

life::life(outside& all, setup const& s)
    : all_(all),
      setup_(s),
      ground_(all.clock),
      grace_(std::make_unique<grace>(*this)),
      disk_(ground_, all.file, all.weather, all.luck, all.knows) {
  all.knows.life_begins(s);
  watch::memory const known = all.file.known();
  auto const executor = ground_.context.get_executor();
  auto jitter = [&luck = all.luck] { return luck.even(); };
  notify::dispatcher_parts delivering{executor, all.clock, ground_.alarms, all.knows.told, disk_, jitter, all.window};
  deliveries_.emplace(std::move(delivering), receivers_for(s));
  recorder_.emplace(routes_for(s), disk_, *deliveries_, all.knows.told);
  watch::loop_parts watching{executor, all.clock, ground_.alarms, all.knows.told, *recorder_, sources_for(s)};
  loop_.emplace(std::move(watching), s.watch_options(), known);
  deliveries_->start();
  loop_->start();
}

life::~life() {
  loop_.reset();
  recorder_.reset();
  deliveries_.reset();
  ground_.waits.clear();
  all_.knows.life_ends();
}

/// Those whose settings are the same go on.
std::vector<std::shared_ptr<watch::build_source>> life::sources_for(setup const& s) {
  std::vector<made_source> made;
  std::vector<std::shared_ptr<watch::build_source>> all;
  for (provider_setup const& p : s.providers) {
    std::shared_ptr<source> object;
    for (made_source const& old : sources_) {
      if (old.name == p.how.name && old.revision == p.revision) object = old.object.lock();
    }
    if (!object) object = std::make_shared<source>(ground_, all_.truth, all_.knows, p.how.name);
    made.push_back({p.how.name, p.revision, object});
    all.push_back(std::move(object));
  }
  sources_ = std::move(made);
  return all;
}

std::vector<notify::destination> life::receivers_for(setup const& s) {
  std::vector<made_receiver> made;
  std::vector<notify::destination> all;
  for (sink_setup const& given : s.sinks) {
    std::shared_ptr<receiver> object;
    for (made_receiver const& old : receivers_) {
      if (old.from.how == given.how && old.from.revision == given.revision) object = old.object.lock();
    }
    if (!object) object = std::make_shared<receiver>(ground_, all_.truth, all_.knows, given.how.name);
    made.push_back({given, object});
    all.push_back({given.how, std::move(object)});
  }
  receivers_ = std::move(made);
  return all;
}

std::shared_ptr<service::routing const> life::routes_for(setup const& s) const {
  std::vector<std::string> names;
  for (sink_setup const& sink : s.sinks) names.push_back(sink.how.name);
  return std::make_shared<service::routing const>(service::routing{s.compiled_rules(), std::move(names)});
}

void life::turn() {
  while (!ground_.dead && ground_.context.poll_one() > 0) {
    if (handlers_left_ > 0 && --handlers_left_ == 0) ground_.crash();
  }
  if (!ground_.dead && ++turns_ % 16 == 0) check_memory();
}

void life::ring() { ground_.alarms.run(all_.clock.now().mono); }

std::optional<base::duration> life::next() const {
  auto const due = ground_.alarms.next();
  if (!due) return std::nullopt;
  return all_.clock.elapsed_at(*due);
}

void life::check_memory() {
  constexpr std::size_t under_way = 260;  // what is stored while a page is read
  for (std::size_t i = 0; i < setup_.sinks.size(); ++i) {
    auto const counts = deliveries_->counts(static_cast<notify::sink_index>(i));
    all_.knows.told.expect(counts.pending <= all_.window + under_way,
                           setup_.sinks[i].how.name + " holds more in memory than its window");
  }
  all_.knows.told.expect(disk_.busy() <= 4 * (setup_.sinks.size() + 8), "more requests wait for the store than askers");
}

// ---- stop ----

void life::stop() {
  stopping_ = true;
  stop_began_ = all_.clock.elapsed();
  ground_.alarms.set(*grace_, all_.clock.now().mono + whole_stop);
  loop_->stop([this] { deliveries_->stop(all_.clock.now().mono + sink_grace, [this] { close_store(); }); });
}

void life::close_store() {
  disk_.close([this] {
    stopped_ = true;
    all_.knows.told.expect(all_.clock.elapsed() - stop_began_ <= 5s, "a stop takes longer than 5 s");
  });
}

// ---- reload ----

void life::reload(setup fresh) {
  reloading_ = true;
  asio::co_spawn(ground_.context, swap(*this, std::move(fresh)), [this](std::exception_ptr const& e, bool well) {
    reloading_ = false;
    all_.knows.told.expect(!e, "a reload ends in an exception");
    all_.knows.told.tell("reloaded", well);
  });
}

/// As service's daemon::swap.
asio::awaitable<bool> life::swap(life& all, setup fresh) {
  co_await all.loop_->remember_now();
  auto const known = co_await all.disk_.known();
  if (!known || all.stopping_) co_return false;
  all.all_.knows.reloaded(all.setup_, fresh);
  all.recorder_->route_by(all.routes_for(fresh));
  all.deliveries_->reconfigure(all.receivers_for(fresh));
  all.loop_->reconfigure(fresh.watch_options(), *known, all.sources_for(fresh));
  all.setup_ = std::move(fresh);
  co_return true;
}

}  // namespace buildwatch::simulation
