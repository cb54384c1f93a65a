// SIGHUP: the configuration is read again beside the one that runs, and swapped in when it is right.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "service/daemon.hpp"
#include "service/process.hpp"

namespace buildwatch::service {
namespace {

constexpr std::size_t named_complaints = 50;
constexpr std::string_view stays = "the running configuration stays";

}  // namespace

void daemon::reload() {
  if (std::exchange(reloading_, true)) {
    reload_again_ = true;
    return;
  }
  systemd_.reloading();
  log_.write({base::log_level::info, "reload", "SIGHUP: reading the configuration again", {}});
  auto work = [this, read = again_.read]() -> std::function<void()> {
    auto loaded = std::make_shared<config::loaded>(read());
    return [this, loaded] { take_over(std::move(*loaded)); };
  };
  aside::run(reading_, std::move(work));
}

/// True: there is an error among what is said.
bool daemon::complain(config::loaded const& read) {
  std::size_t named = 0;
  for (auto const& complaint : read.complaints) {
    if (++named > named_complaints) break;
    auto const level = complaint.warning ? base::log_level::warn : base::log_level::error;
    log_.write({level, "reload.complaint", to_string(complaint), {}});
  }
  if (read.complaints.size() > named_complaints) {
    log_.write({base::log_level::warn,
                "reload.complaint",
                fmt::format("{} more complaints; `buildwatchd check` names them all",
                            read.complaints.size() - named_complaints),
                {}});
  }
  return !read.settings;
}

void daemon::take_over(config::loaded read) {
  if (stopping_) return;
  if (complain(read)) return reload_ended(false, "the configuration is wrong");
  config::settings& what = *read.settings;
  if (what.store.path != kept_.path) {
    return reload_ended(
        false, fmt::format("`store` has changed from {} to {}, which needs a restart", kept_.path, what.store.path));
  }
  config::log_options log = what.log;
  if (again_.log_level) log.level = *again_.log_level;
  store::store_options const kept = what.store;
  auto fresh = assembly::make(std::move(what), &*made_, tools_);
  if (!fresh) return reload_ended(false, fresh.error().text);
  allow_descriptors(fresh->descriptors());
  auto shown = prepare_front(fresh->http());
  if (!shown) return reload_ended(false, shown.error().text);
  boost::asio::co_spawn(house_.loop, swap(*this, std::move(*fresh), std::move(*shown), log, kept),
                        [this](std::exception_ptr const& failure, std::string const& trouble) {
                          reload_ended(!failure && trouble.empty(), failure ? "internal error" : trouble);
                        });
}

/// What went wrong; empty: nothing.
boost::asio::awaitable<std::string> daemon::swap(daemon& all, assembly fresh, opening shown, config::log_options log,
                                                 store::store_options kept) {
  co_await all.watching_->remember_now();
  auto known = co_await all.store_->known();
  if (!known) co_return "the store cannot be read: " + known.error().text;
  if (all.stopping_) co_return "the daemon is stopping";
  assembly::parts parts = fresh.take();
  std::size_t const jobs = parts.watch.jobs.size();
  std::size_t const sinks = parts.sinks.size();
  all.recorder_->route_by(std::move(parts.routes));
  all.deliveries_->reconfigure(std::move(parts.sinks));
  all.watching_->reconfigure(std::move(parts.watch), *known, std::move(parts.sources));
  all.made_ = std::move(fresh);
  all.go_over(std::move(shown));
  all.store_->keep(kept.builds, kept.events);
  all.kept_ = std::move(kept);
  all.log_.adjust(log);
  std::string text = fmt::format("reloaded: watches {} jobs, tells {} sinks", jobs, sinks);
  all.log_.write({base::log_level::info, "reload.done", std::move(text), {}});
  co_return std::string();
}

void daemon::reload_ended(bool well, std::string const& text) {
  if (!well && front_) front_->reload_failed();
  if (!well && !stopping_) {
    log_.write({base::log_level::error, "reload.failed", fmt::format("not reloaded: {}; {}", text, stays), {}});
  }
  reloading_ = false;
  if (stopping_) return;
  reload_trouble_ = well ? std::string() : "the last reload failed: " + text;
  show_status();
  systemd_.ready();
  if (std::exchange(reload_again_, false)) reload();
}

}  // namespace buildwatch::service
