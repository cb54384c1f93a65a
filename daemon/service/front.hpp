// What the daemon shows of itself over HTTP: the web room's ports over the parts that run, and the server in front.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/store/window.hpp"
#include "buildwatch/watch/loop.hpp"
#include "buildwatch/web/server.hpp"
#include "service/board.hpp"
#include "service/house.hpp"
#include "service/process_facts.hpp"
#include "service/recorder.hpp"
#include "service/steady_wall.hpp"

namespace buildwatch::service {

/// A sink as the configuration names it; in the order of the dispatcher.
struct shown_sink {
  std::string name;
  std::string type;
};

/// What follows from a configuration.
struct shown_settings {
  std::vector<std::uint32_t> by_name;  ///< config::settings::by_name
  std::vector<shown_sink> sinks;
};

/// Loop thread only. Its work in four files (front, front_jobs, front_records, front_condition).
class front final : private web::jobs, private web::records, private web::condition, private audience {
 public:
  /// All outlive it.
  struct parts {
    service::house& house;
    base::log& log;
    watch::loop const& watching;
    notify::dispatcher const& deliveries;
    store::store& kept;
    recorder& journal;
  };

  /// Opens a window into the store at `path`, which the daemon has open. Errors are for people.
  [[nodiscard]] static base::result<std::unique_ptr<front>> make(parts with, std::string const& path);
  ~front() override;
  front(front const&) = delete;
  front& operator=(front const&) = delete;

  /// A server for these settings, where the one that runs can not go over to them: bound, and silent as yet. nullptr:
  /// it can. The error says what could not be bound, and what to do.
  [[nodiscard]] base::result<std::unique_ptr<web::server>> bind(web::options const& what);
  /// The configuration that runs from now on, and the time; reads what the store has of jobs that are new.
  void show(shown_settings what, base::wall_time now);
  /// The last reload failed.
  void reload_failed() { reload_well_ = false; }
  /// Goes over to these settings; `fresh` as bind() made it.
  void serve(web::options what, std::unique_ptr<web::server> fresh);
  /// Ends every connection, then looks into the store no more; `done` is called once, on the loop, never from here.
  void stop(std::function<void()> done);

 private:
  explicit front(parts with) : parts_(with) { parts_.journal.tell_also(*this); }

  // front.cpp
  void told(model::event const& e) override;
  void remembered(std::vector<watch::old_build> const& builds) override;
  static boost::asio::awaitable<void> read_newest(front& all, std::uint64_t round);
  void close_window();

  // front_jobs.cpp
  void read(std::string_view after, std::size_t most, std::vector<web::job_view>& into) const override;
  [[nodiscard]] std::optional<web::job_view> named(std::string_view name) const override;
  [[nodiscard]] std::vector<std::uint32_t>::const_iterator place_of(std::string_view name) const;
  [[nodiscard]] web::job_view view_of(watch::job_index job) const;
  [[nodiscard]] std::optional<base::wall_time> stamp_of(std::optional<base::time_point> when) const;

  // front_records.cpp
  boost::asio::awaitable<base::result<std::vector<model::build>>> builds(std::string provider, std::string job_id,
                                                                         std::size_t limit) override;
  boost::asio::awaitable<base::result<web::event_page>> events(std::uint64_t after, std::size_t limit) override;

  // front_condition.cpp
  boost::asio::awaitable<base::result<std::vector<web::sink_view>>> sinks() override;
  boost::asio::awaitable<web::metric_values> metrics(std::size_t most_jobs) override;
  boost::asio::awaitable<web::health> health() override;
  boost::asio::awaitable<base::result<void>> count_outbox();
  boost::asio::awaitable<void> probe_store();
  [[nodiscard]] std::string without_path(std::string text) const;
  [[nodiscard]] store::reader::tally outbox_of(std::string const& sink) const;
  [[nodiscard]] boost::asio::awaitable<watch::engine_counts> count_jobs() const;
  [[nodiscard]] boost::asio::awaitable<std::vector<web::job_metrics>> job_series(std::size_t most) const;
  void add_jobs(std::size_t to, std::vector<web::job_metrics>& all) const;
  void add_sinks(bool counted, web::metric_values& to) const;

  parts parts_;
  std::string path_;  // of the store
  std::unique_ptr<store::window> window_;
  board board_;
  mutable steady_wall wall_;
  shown_settings shown_;
  std::uint64_t round_ = 0;  // of show(): what was read for an earlier one is looked at no more
  std::unique_ptr<web::server> server_;
  web::options serving_;
  std::vector<std::unique_ptr<web::server>> leaving_;
  std::function<void()> done_;
  bool reload_well_ = true;
  base::wall_time read_at_{};  // when the configuration that runs came into force

  // What the outbox held when it was counted last, and what counting it cost.
  std::vector<store::reader::tally> outbox_;
  base::time_point outbox_at_ = base::time_point::min();
  base::duration outbox_cost_{};
  bool counting_ = false;

  process_facts process_;

  // What the store said when it was last asked to commit.
  std::string store_trouble_;  // empty: it could
  base::time_point probed_ = base::time_point::min();
  std::optional<base::time_point> probing_since_;
};

}  // namespace buildwatch::service
