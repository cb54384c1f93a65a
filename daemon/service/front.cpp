#include "service/front.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "buildwatch/base/exception_text.hpp"

namespace buildwatch::service {
namespace {

constexpr std::size_t jobs_at_once = 500;

}  // namespace

base::result<std::unique_ptr<front>> front::make(parts with, std::string const& path) {
  auto window = store::window::open(with.house.loop.get_executor(), path);
  if (!window) return window.error();
  std::unique_ptr<front> made(new front(with));
  made->path_ = path;
  made->window_ = std::move(*window);
  return made;
}

front::~front() { parts_.journal.tell_no_more(*this); }

base::result<std::unique_ptr<web::server>> front::bind(web::options const& what) {
  if (server_ && serving_.listen == what.listen) return std::unique_ptr<web::server>();
  web::server_parts with{parts_.house.loop.get_executor(),
                         parts_.house.clock,
                         parts_.house.timer.alarms(),
                         parts_.log,
                         *this,
                         *this,
                         *this};
  auto made = web::server::open(std::move(with), what, server_.get());
  if (!made) return base::error{made.error().text + "; free that address, or set another `http.listen`"};
  return made;
}

void front::show(shown_settings what, base::wall_time now) {
  shown_ = std::move(what);
  board_.watch(parts_.watching.settings());
  reload_well_ = true;
  read_at_ = now;
  boost::asio::co_spawn(parts_.house.loop, read_newest(*this, ++round_), [this](std::exception_ptr const& escaped) {
    if (!escaped) return;
    parts_.log.write(
        {base::log_level::error, "internal.error", "reading builds for the API: " + base::text_of(escaped), {}});
  });
}

void front::serve(web::options what, std::unique_ptr<web::server> fresh) {
  serving_ = what;
  if (!fresh) return server_->reconfigure(std::move(what));
  if (server_) {
    web::server* const old = leaving_.emplace_back(std::move(server_)).get();
    old->stop([this, old] { std::erase_if(leaving_, [old](auto const& one) { return one.get() == old; }); });
  }
  server_ = std::move(fresh);
  server_->start();
  std::string const at = web::shown({serving_.listen.host, server_->port()});
  parts_.log.write({base::log_level::info, "http.listening", "the HTTP API is at http://" + at + "/", {}});
}

void front::stop(std::function<void()> done) {
  done_ = std::move(done);
  ++round_;
  shown_ = {};  // what is under way still looks at no job or sink that may be another's by now
  if (!server_) return close_window();
  server_->stop([this] { close_window(); });
}

void front::close_window() { window_->close(std::exchange(done_, nullptr)); }

void front::told(model::event const& e) {
  board_.take(e);
  if (server_) server_->committed(e);
}

void front::remembered(std::vector<watch::old_build> const& builds) {
  for (watch::old_build const& o : builds) board_.take(o.provider, o.job_id, o.build);
}

/// Some at a time: the loop turns in between. What is told meanwhile is newer.
boost::asio::awaitable<void> front::read_newest(front& all, std::uint64_t round) {
  for (std::size_t first = 0; round == all.round_; first += jobs_at_once) {
    watch::options const& what = all.parts_.watching.settings();
    if (first >= what.jobs.size()) co_return;
    std::vector<store::reader::watched> some;
    for (std::size_t i = first; i < what.jobs.size() && some.size() < jobs_at_once; ++i) {
      watch::job_options const& job = what.jobs[i];
      store::reader::job of{what.providers[job.provider].name, job.job_id.str()};
      some.push_back({std::move(of), job.build});
    }
    auto const asked = some;
    auto const read = co_await all.window_->newest(std::move(some));
    if (round != all.round_) co_return;
    if (!read) {
      std::string text = "the API shows jobs without their past builds: " + read.error().text;
      all.parts_.log.write({base::log_level::warn, "http.builds_unread", std::move(text), {}});
      co_return;
    }
    for (std::size_t i = 0; i < read->size(); ++i) {
      if ((*read)[i]) all.board_.take(asked[i].of.provider, asked[i].of.job_id, *(*read)[i]);
    }
  }
}

}  // namespace buildwatch::service
