// The HTTP server with jobs, events and sinks of every kind: web_sample [HOST…], names that its `hosts` have. Prints
// its port; each line of standard input is a number of events to commit; ends with standard input.
#include <cstdint>
#include <cstdio>
#include <iostream>

#include "harness.hpp"

using namespace buildwatch;
using namespace buildwatch::web::testing;

namespace {

void fill(harness& h) {
  for (auto const state : {web::job_state::pending, web::job_state::queued, web::job_state::done,
                           web::job_state::not_found, web::job_state::unreachable}) {
    auto j = idle_job("is-" + std::string(web::to_string(state)), model::outcome::failure);
    j.state = state;
    j.job.labels = {{"team", "<firmware> & \"co\""}};
    j.last_error = "HTTP 500";
    j.finished->source = model::build_source();
    j.finished->source->branch = "main";
    if (state == web::job_state::pending) j.build = j.finished = std::nullopt;
    h.jobs.add(std::move(j));
  }
  h.jobs.add(running_job("is-running"));
}

/// Something of everything, and nothing in order.
web::metric_values values() {
  web::metric_values v;
  v.version = "1.2.3";
  v.jobs = {1, 3, 1, 1, 1, 1, 1};
  v.providers = {{"huawei", true, 1200, 7}, {"north", false, 20, 400}};
  for (auto const* name : {"is-done", "is-running", "job-0"}) {
    v.each_job.emplace_back();
    v.each_job.back().name = name;
    v.each_job.back().last_success_poll = at(evening);
    v.each_job.back().finished = {40, 2, 1, 1, 0};
  }
  v.each_job[1].running = true;
  v.sinks = {{"console", 44, 0, 0, 0, 0}, {"oncall", 40, 9, 1, 3, 1}};
  v.poll_duration = {{0.05, 0.1, 0.5, 1, 5, 10}, {100, 900, 190, 25, 9, 3, 0}, 130.5};
  v.schedule_lag = {{0.001, 0.01, 0.1, 1, 10, 87}, {1100, 110, 15, 2, 0, 0, 0}, 2.25};
  v.reload_successful = false;
  v.last_good_reload = at(evening);
  v.process = {12.5, 30, 1024, 250'000'000, UINT64_MAX, 24'000'000, static_cast<double>(evening) - 0.25, 4};
  return v;
}

}  // namespace

int main(int count, char** arguments) {
  web::options what;
  what.hosts.assign(arguments + 1, arguments + count);
  harness h(what);
  h.on_loop([&] {
    fill(h);
    h.condition.values = values();
  });
  h.commit(20);
  std::printf("%u\n", static_cast<unsigned>(h.port));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) h.commit(std::stoul(line));
}
