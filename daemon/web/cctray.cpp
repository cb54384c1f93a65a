#include <fmt/format.h>

#include <utility>
#include <vector>

#include "web/feeds.hpp"
#include "web/xml_text.hpp"

namespace buildwatch::web {
namespace {

std::string_view status_of(job_view const& j) {
  if (j.state == job_state::not_found || j.state == job_state::unreachable) return "Exception";
  if (!j.finished || !j.finished->outcome) return "Unknown";
  switch (*j.finished->outcome) {
    case model::outcome::success: return "Success";
    case model::outcome::failure:
    case model::outcome::unstable: return "Failure";
    case model::outcome::aborted:
    case model::outcome::unknown: break;
  }
  return "Unknown";
}

// In whole seconds: CCMenu before its version 20 reads no fraction before a Z.
std::string feed_time(base::wall_time t) { return model::to_rfc3339(t).substr(0, 19) + 'Z'; }

/// When it ended, as near as that is known.
base::wall_time end_of(std::optional<model::build> const& b) {
  if (!b) return {};
  if (b->finished_at) return *b->finished_at;
  if (b->first_seen_finished) return *b->first_seen_finished;
  return b->started_at.value_or(base::wall_time());
}

class feed final : public pieces {
 public:
  feed(web::jobs const& from, std::string root) : from_(from), root_(std::move(root)) {}

  bool next(std::string& into) override {
    if (std::exchange(first_, false)) into += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Projects>\n";
    rows_.clear();
    from_.read(after_, rows_a_piece, rows_);
    for (job_view const& j : rows_) into += cctray_project(j, root_);
    if (rows_.size() < rows_a_piece) {
      into += "</Projects>\n";
      return false;
    }
    after_ = rows_.back().job.name;
    return true;
  }

 private:
  web::jobs const& from_;
  std::string root_;
  std::string after_;
  std::vector<job_view> rows_;
  bool first_ = true;
};

}  // namespace

std::string cctray_project(job_view const& j, std::string_view root) {
  bool const builds = j.state == job_state::running;
  std::string const label = j.finished ? std::to_string(j.finished->number) : "";
  std::string const url = fmt::format("{}#/job/{}", root, j.job.name);  // a name needs no escapes
  return fmt::format(
      R"(  <Project name="{}" activity="{}" lastBuildStatus="{}" lastBuildLabel="{}" lastBuildTime="{}" )"
      "webUrl=\"{}\"/>\n",
      escaped(j.job.name), builds ? "Building" : "Sleeping", status_of(j), label, feed_time(end_of(j.finished)),
      escaped(url));
}

std::unique_ptr<pieces> cctray_body(web::jobs const& from, std::string root) {
  return std::make_unique<feed>(from, std::move(root));
}

}  // namespace buildwatch::web
