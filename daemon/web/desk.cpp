#include "web/desk.hpp"

#include <utility>

#include "web/admission.hpp"
#include "web/bodies.hpp"
#include "web/exposition.hpp"
#include "web/feeds.hpp"
#include "web/page.hpp"
#include "web/stream.hpp"

namespace buildwatch::web {
namespace {

answer no_such_job() { return error_answer(404, "not_found", "no job of this name is watched"); }

answer bad_limit() { return error_answer(400, "bad_request", "limit must be a whole number from 1 to 1000"); }

answer tagged(std::unique_ptr<pieces> body) {
  answer made;
  made.rest = std::move(body);
  made.tagged = true;
  return made;
}

answer tagged(std::string_view type, std::string body) {
  answer made;
  made.type = type;
  made.body = std::move(body);
  made.tagged = true;
  return made;
}

answer flowing(std::string_view type, std::unique_ptr<pieces> body) {
  answer made;
  made.type = type;
  made.rest = std::move(body);
  return made;
}

}  // namespace

boost::asio::awaitable<answer> desk::answer_to(route where, target to, std::string root) const {
  if (where.where == place::builds) co_return co_await builds(std::move(where.name), std::move(to));
  if (where.where == place::events) co_return co_await events(std::move(to));
  if (where.where == place::healthz) co_return co_await health(false);
  if (where.where == place::readyz) co_return co_await health(true);
  if (where.where == place::sinks) co_return co_await sinks();
  if (where.where == place::metrics) {
    auto values = co_await parts_.condition.metrics(rules_.job_series);
    co_return flowing(exposition_type, metrics_body(std::move(values), counted_));
  }
  co_return at_once(where, to, std::move(root));
}

answer desk::at_once(route const& where, target const& to, std::string root) const {
  switch (where.where) {
    case place::jobs: return jobs(to);
    case place::job: return job(where.name);
    case place::cctray: return flowing("application/xml; charset=utf-8", cctray_body(parts_.jobs, std::move(root)));
    case place::badge: return badge(where.name);
    case place::page: {
      page_file const& file = *page_file_at(to.path);
      return tagged(file.type, std::string(file.text));
    }
    case place::nowhere:
    case place::healthz:
    case place::readyz:
    case place::metrics:
    case place::sinks:
    case place::builds:
    case place::events:
    case place::stream: break;
  }
  return error_answer(404, "not_found", "there is nothing at this path");
}

answer desk::jobs(target const& to) const {
  auto const limit = limit_of(to);
  if (!limit) return bad_limit();
  return tagged(jobs_body(parts_.jobs, std::string(to.parameter("after").value_or("")), *limit));
}

answer desk::job(std::string const& name) const {
  auto const found = parts_.jobs.named(name);
  return found ? tagged("application/json", job_json(*found)) : no_such_job();
}

answer desk::badge(std::string const& name) const {
  auto const found = parts_.jobs.named(name);
  return found ? tagged("image/svg+xml", badge_svg(*found)) : no_such_job();
}

boost::asio::awaitable<answer> desk::health(bool ready) const {
  auto const found = co_await parts_.condition.health();
  auto reasons = found.unhealthy;
  if (ready) reasons.insert(reasons.end(), found.unready.begin(), found.unready.end());
  answer made;
  made.status = reasons.empty() ? 200 : 503;
  made.body = health_json(reasons);
  co_return made;
}

boost::asio::awaitable<answer> desk::builds(std::string name, target to) const {
  auto const limit = limit_of(to);
  if (!limit) co_return bad_limit();
  auto found = parts_.jobs.named(name);
  if (!found) co_return no_such_job();
  auto read = co_await parts_.records.builds(found->job.provider, found->job.job_id, *limit);
  if (!read) co_return error_answer(503, "unavailable", read.error().text);
  auto all = with_running(std::move(*read), std::move(found->running), *limit);
  co_return tagged(builds_body(std::move(all)));
}

boost::asio::awaitable<answer> desk::sinks() const {
  auto const read = co_await parts_.condition.sinks();
  if (!read) co_return error_answer(503, "unavailable", read.error().text);
  co_return tagged("application/json", sinks_json(*read));
}

boost::asio::awaitable<answer> desk::events(target to) const {
  auto const limit = limit_of(to);
  if (!limit) co_return bad_limit();
  auto const after = read_cursor(to.parameter("after").value_or("0"));
  if (!after) co_return error_answer(400, "bad_request", "after must be the sequence of an event");
  auto read = co_await parts_.records.events(*after, *limit);
  if (!read) co_return error_answer(503, "unavailable", read.error().text);
  co_return tagged(events_body(std::move(read->events)));
}

}  // namespace buildwatch::web
