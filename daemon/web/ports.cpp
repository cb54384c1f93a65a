#include "buildwatch/web/ports.hpp"

namespace buildwatch::web {

std::string_view to_string(job_state s) {
  switch (s) {
    case job_state::pending: return "pending";
    case job_state::idle: return "idle";
    case job_state::queued: return "queued";
    case job_state::running: return "running";
    case job_state::done: return "done";
    case job_state::not_found: return "not_found";
    case job_state::unreachable: return "unreachable";
  }
  return "";
}

}  // namespace buildwatch::web
