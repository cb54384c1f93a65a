// The database on SQLite.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/store/database.hpp"
#include "store/connection.hpp"
#include "store/lock_file.hpp"
#include "store/rows.hpp"

namespace buildwatch::store {

class sqlite_database final : public database {
 public:
  /// `file` is open, of today's schema.
  sqlite_database(std::optional<lock_file> lock, connection file, store_options const& how);
  ~sqlite_database() override;

  void begin() override;
  void commit() override;
  void roll_back() noexcept override;

  std::vector<stored> add(std::vector<entry> const& what) override;
  void remember(watch::memory const& what) override;
  std::vector<notify::created> record(notify::changes const& what) override;
  notify::fallen_back fall_back(notify::overdue const& what) override;
  notify::buried bury(notify::burial const& what) override;
  void touch() override;
  bool prune(base::wall_time now) override;

  watch::memory known() override;
  notify::page read(std::string const& sink, notify::reading order, std::optional<notify::place> after,
                    std::size_t limit) override;
  notify::sink_memory memory_of(std::string const& sink) override;
  std::vector<std::string> owing() override;
  std::vector<forecast::past_build> history(std::string const& provider, std::string const& job_id) override;
  std::vector<neighbours> around(std::vector<build_name> const& which) override;
  bool changed_elsewhere() override;

  void checkpoint() noexcept override;
  [[nodiscard]] int pages_in_log() const override;
  void keep(std::uint32_t builds, base::duration events) override;

 private:
  /// A delivery that will not arrive, and who it was for.
  struct lost {
    notify::delivery_number number = 0;
    std::string sink;
    std::string answer;
  };
  /// A job as its state is kept.
  using job_key = std::pair<std::string, std::string>;

  // events.cpp
  stored add_one(entry const& what);
  std::optional<model::event> event_named(std::string const& id);
  std::optional<std::int64_t> text_number(reasons const& not_asked);

  // builds.cpp
  void add_build(model::event const& e);
  void remember_builds(std::vector<watch::old_build> const& what);
  neighbours around(build_name const& which);

  // memory.cpp
  void remember_job(watch::job_memory const& j);
  void remember_under_way(watch::job_memory const& j);
  void read_under_way(std::vector<watch::job_memory>& jobs);
  void remember_provider(watch::provider_memory const& p);

  // outbox.cpp
  std::optional<notify::delivery_number> owe(std::uint64_t event, std::string const& sink, std::string const& rule,
                                             std::optional<std::string> const& refused, base::wall_time now);
  bool settle(notify::change const& c);
  void release(std::string const& sink);
  void remember_sink(std::string const& sink, notify::sink_memory const& m);
  std::string refusal(std::string const& sink, std::string const& answer, std::string const& why);
  void owe_instead(lost const& what, std::string const& fallback, base::wall_time now,
                   std::vector<notify::created>& made);

  // retention.cpp
  bool prune_old(base::wall_time now);
  bool prune_many();
  void has_grown(std::string const& provider, std::string const& job_id);
  bool prune_builds();
  void let_go(std::vector<std::pair<std::uint64_t, std::optional<std::int64_t>>> const& events);
  std::vector<job_key> jobs_to_thin();

  std::optional<lock_file> lock_;  // outlives the connection
  connection file_;
  std::int64_t version_seen_ = 0;  // of the data: moves when another connection commits
  int pages_ = 0;                  // in the log
  int pages_copied_ = 0;           // at the last checkpoint

  // Retention: what is kept, and how far the tour has come.
  std::uint32_t builds_kept_;
  base::duration events_kept_;
  std::pair<base::wall_time, std::uint64_t> old_seen_{};
  std::uint64_t many_seen_ = 0;
  std::set<job_key> grown_;                 // jobs to which builds were added; a bounded number
  std::optional<job_key> tour_{job_key()};  // of all jobs, after a start or a change of `builds`; nullopt: done
};

}  // namespace buildwatch::store
