#include "web/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::web {
namespace {

using label = std::pair<std::string_view, std::string_view>;

std::string label_value(std::string_view text) {
  std::string made;
  for (char const c : notify::clean_line(text)) {
    if (c == '\\' || c == '"') made += '\\';
    made += c;
  }
  return made;
}

void family(std::string& to, std::string_view name, std::string_view type, std::string_view help) {
  to += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

template <class Number>
void sample(std::string& to, std::string_view name, std::initializer_list<label> labels, Number value) {
  to += name;
  char before = '{';
  for (auto const& [key, text] : labels) {
    to += before;
    to += fmt::format("{}=\"{}\"", key, label_value(text));
    before = ',';
  }
  if (before == ',') to += '}';
  to += fmt::format(" {}\n", value);
}

template <class Number>
void lone(std::string& to, std::string_view name, std::string_view type, std::string_view help, Number value) {
  family(to, name, type, help);
  sample(to, name, {}, value);
}

double seconds(base::wall_time t) { return static_cast<double>(t.time_since_epoch().count()) / 1000; }

void write_jobs(std::string& to, metric_values const& v) {
  family(to, "buildwatch_jobs", "gauge", "Jobs that are watched, each in one state.");
  job_counts const& n = v.jobs;
  for (auto const& [state, count] :
       std::array<std::pair<std::string_view, std::uint64_t>, 7>{{{"pending", n.pending},
                                                                  {"idle", n.idle},
                                                                  {"queued", n.queued},
                                                                  {"running", n.running},
                                                                  {"done", n.done},
                                                                  {"not_found", n.not_found},
                                                                  {"unreachable", n.unreachable}}}) {
    sample(to, "buildwatch_jobs", {{"state", state}}, count);
  }
  auto const all = n.pending + n.idle + n.queued + n.running + n.done + n.not_found + n.unreachable;
  lone(to, "buildwatch_jobs_without_series", "gauge", "Jobs beyond the number that has series of single jobs.",
       all - std::min<std::uint64_t>(all, v.each_job.size()));
}

void write_providers(std::string& to, std::vector<provider_metrics> const& providers) {
  family(to, "buildwatch_polls_total", "counter", "Requests that have ended, by how.");
  for (auto const& p : providers) {
    sample(to, "buildwatch_polls_total", {{"provider", p.name}, {"result", "answered"}}, p.polls_answered);
    sample(to, "buildwatch_polls_total", {{"provider", p.name}, {"result", "failed"}}, p.polls_failed);
  }
  family(to, "buildwatch_provider_up", "gauge", "Whether the provider answered its last poll well.");
  for (auto const& p : providers) sample(to, "buildwatch_provider_up", {{"provider", p.name}}, p.up ? 1 : 0);
}

void write_sinks(std::string& to, std::vector<sink_metrics> const& sinks) {
  family(to, "buildwatch_notifications_total", "counter",
         "What came of tries (delivered, failed), and deliveries given up (dead).");
  for (auto const& s : sinks) {
    sample(to, "buildwatch_notifications_total", {{"sink", s.name}, {"result", "delivered"}}, s.delivered);
    sample(to, "buildwatch_notifications_total", {{"sink", s.name}, {"result", "failed"}}, s.failed);
    sample(to, "buildwatch_notifications_total", {{"sink", s.name}, {"result", "dead"}}, s.died);
  }
  family(to, "buildwatch_outbox_pending", "gauge", "Deliveries that wait.");
  for (auto const& s : sinks) {
    if (s.pending) sample(to, "buildwatch_outbox_pending", {{"sink", s.name}}, *s.pending);
  }
  family(to, "buildwatch_outbox_dead", "gauge", "Deliveries given up, until somebody retries or drops them.");
  for (auto const& s : sinks) {
    if (s.dead) sample(to, "buildwatch_outbox_dead", {{"sink", s.name}}, *s.dead);
  }
}

void write_histogram(std::string& to, std::string_view name, std::string_view help, histogram const& h) {
  family(to, name, "histogram", help);
  std::string const bucket = fmt::format("{}_bucket", name);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < h.bounds.size(); ++i) {
    if (i < h.counts.size()) below += h.counts[i];
    sample(to, bucket, {{"le", fmt::format("{}", h.bounds[i])}}, below);
  }
  if (h.counts.size() > h.bounds.size()) below += h.counts[h.bounds.size()];
  sample(to, bucket, {{"le", "+Inf"}}, below);
  sample(to, fmt::format("{}_sum", name), {}, h.sum);
  sample(to, fmt::format("{}_count", name), {}, below);
}

void write_server(std::string& to, server_metrics const& s) {
  lone(to, "buildwatch_http_connections", "gauge", "Connections to the HTTP API that are open.", s.connections);
  lone(to, "buildwatch_http_event_streams", "gauge", "Event streams that are open.", s.streams);
  lone(to, "buildwatch_http_accepted_total", "counter", "Connections accepted.", s.accepted);
  family(to, "buildwatch_http_dropped_total", "counter", "Connections ended by the server, by why.");
  sample(to, "buildwatch_http_dropped_total", {{"reason", "full"}}, s.turned_away);
  sample(to, "buildwatch_http_dropped_total", {{"reason", "evicted"}}, s.evicted);
  sample(to, "buildwatch_http_dropped_total", {{"reason", "slow"}}, s.timed_out);
  family(to, "buildwatch_http_answers_total", "counter", "Answers, by class of status.");
  for (std::size_t i = 0; i < s.answers.size(); ++i) {
    sample(to, "buildwatch_http_answers_total", {{"code", fmt::format("{}xx", i + 1)}}, s.answers[i]);
  }
}

void write_process(std::string& to, process_metrics const& p) {
  lone(to, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", p.cpu_seconds);
  lone(to, "process_open_fds", "gauge", "Number of open file descriptors.", p.open_fds);
  lone(to, "process_max_fds", "gauge", "Maximum number of open file descriptors.", p.max_fds);
  lone(to, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", p.virtual_bytes);
  lone(to, "process_virtual_memory_max_bytes", "gauge", "Maximum amount of virtual memory available in bytes.",
       p.max_virtual_bytes);
  lone(to, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", p.resident_bytes);
  lone(to, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
       p.start_time);
  lone(to, "process_threads", "gauge", "Number of OS threads in the process.", p.threads);
}

std::string general(metric_values const& v, server_metrics const& server) {
  std::string text;
  family(text, "buildwatch_build_info", "gauge", "The version that runs; always 1.");
  sample(text, "buildwatch_build_info", {{"version", v.version}}, 1);
  write_jobs(text, v);
  write_providers(text, v.providers);
  write_histogram(text, "buildwatch_poll_duration_seconds", "How long requests took.", v.poll_duration);
  write_histogram(text, "buildwatch_schedule_lag_seconds", "How much later than due requests were sent.",
                  v.schedule_lag);
  write_sinks(text, v.sinks);
  lone(text, "buildwatch_config_last_reload_successful", "gauge", "Whether the last reload went well.",
       v.reload_successful ? 1 : 0);
  lone(text, "buildwatch_config_last_reload_success_timestamp_seconds", "gauge",
       "When the configuration that runs was read.", v.last_good_reload ? seconds(*v.last_good_reload) : 0);
  write_server(text, server);
  write_process(text, v.process);
  return text;
}

// --- series of single jobs, a family after the other, for a family's lines must stand together

void last_success(std::string& to, job_metrics const& j) {
  if (!j.last_success_poll) return;
  sample(to, "buildwatch_job_last_success_poll_timestamp_seconds", {{"job", j.name}}, seconds(*j.last_success_poll));
}

void finished(std::string& to, job_metrics const& j) {
  for (std::size_t i = 0; i < j.finished.size(); ++i) {
    auto const outcome = model::to_string(static_cast<model::outcome>(i));
    sample(to, "buildwatch_builds_finished_total", {{"job", j.name}, {"outcome", outcome}}, j.finished[i]);
  }
}

void running(std::string& to, job_metrics const& j) {
  sample(to, "buildwatch_build_running", {{"job", j.name}}, j.running ? 1 : 0);
}

struct job_family {
  std::string_view name, type, help;
  void (*write)(std::string&, job_metrics const&);
};

constexpr std::array<job_family, 3> job_families{{
    {"buildwatch_job_last_success_poll_timestamp_seconds", "gauge", "When a poll of the job last went well.",
     last_success},
    {"buildwatch_builds_finished_total", "counter", "Builds that have finished since the start, by outcome.", finished},
    {"buildwatch_build_running", "gauge", "Whether a build of the job runs.", running},
}};

class exposition final : public pieces {
 public:
  exposition(metric_values values, server_metrics const& server)
      : values_(std::move(values)), general_(general(values_, server)) {}

  bool next(std::string& into) override {
    into += std::exchange(general_, {});
    std::size_t const full = into.size() + piece_size;
    for (; family_ < job_families.size(); ++family_, job_ = 0) {
      job_family const& f = job_families[family_];
      if (job_ == 0) family(into, f.name, f.type, f.help);
      for (; job_ < values_.each_job.size(); ++job_) {
        if (into.size() > full && job_ > 0) return true;
        f.write(into, values_.each_job[job_]);
      }
    }
    return false;
  }

 private:
  metric_values values_;
  std::string general_;
  std::size_t family_ = 0;
  std::size_t job_ = 0;
};

}  // namespace

std::unique_ptr<pieces> metrics_body(metric_values values, server_metrics const& server) {
  return std::make_unique<exposition>(std::move(values), server);
}

}  // namespace buildwatch::web
