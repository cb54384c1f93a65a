// The HTTP server with jobs, events and sinks of every kind. Prints its port; each line of standard input is a number
// of events to commit; ends with standard input.
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

}  // namespace

int main() {
  harness h;
  h.on_loop([&] { fill(h); });
  h.commit(20);
  std::printf("%u\n", static_cast<unsigned>(h.port));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) h.commit(std::stoul(line));
}
