#include "web/bodies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "buildwatch/notify/format.hpp"
#include "web/json_text.hpp"

namespace buildwatch::web {
namespace {

std::string labels_json(model::labels const& labels) {
  std::string made = "{";
  for (auto const& [key, value] : labels) {
    if (made.size() > 1) made += ", ";
    made += json_string(key) + ": " + json_string(value);
  }
  return made += "}";
}

/// A row each of what is there already.
template <class Row>
class listed final : public pieces {
 public:
  using shown = std::string (*)(Row const&);
  listed(std::string_view name, std::vector<Row> rows, shown how)
      : opening_(fmt::format(R"({{"{}": [)", name)), rows_(std::move(rows)), how_(how) {}

  bool next(std::string& into) override {
    into += std::exchange(opening_, {});
    std::size_t const begin = into.size();
    for (std::size_t left = rows_a_piece; left > 0 && at_ < rows_.size() && into.size() - begin < piece_size; --left) {
      if (at_ > 0) into += ", ";
      into += how_(rows_[at_++]);
    }
    if (at_ < rows_.size()) return true;
    into += "]}";
    return false;
  }

 private:
  std::string opening_;
  std::vector<Row> rows_;
  shown how_;
  std::size_t at_ = 0;
};

class job_page final : public pieces {
 public:
  job_page(web::jobs const& from, std::string after, std::size_t limit)
      : from_(from), after_(std::move(after)), left_(limit) {}

  bool next(std::string& into) override {
    if (first_) into += R"({"jobs": [)";
    rows_.clear();
    // One more than is shown tells whether there is a next page.
    std::size_t const wanted = std::min(left_, rows_a_piece);
    from_.read(after_, wanted + 1, rows_);
    bool const more = rows_.size() > wanted;
    if (more) rows_.resize(wanted);
    for (job_view const& j : rows_) {
      if (!std::exchange(first_, false)) into += ", ";
      into += job_json(j);
      after_ = j.job.name;
    }
    left_ -= rows_.size();
    if (more && left_ > 0) return true;
    into += fmt::format(R"(], "next": {}}})", more ? json_string(after_) : "null");
    return false;
  }

 private:
  web::jobs const& from_;
  std::string after_;
  std::size_t left_;
  std::vector<job_view> rows_;
  bool first_ = true;
};

std::string builds_json(std::vector<model::build> const& builds) {
  std::string made = "[";
  for (model::build const& b : builds) {
    if (&b != builds.data()) made += ", ";
    made += notify::build_json(b);
  }
  return made += "]";
}

std::string outcome_json(std::optional<model::build> const& b) {
  return b && b->outcome ? json_string(model::to_string(*b->outcome)) : "null";
}

std::string between_json(std::optional<std::pair<base::wall_time, base::wall_time>> const& span) {
  if (!span) return "null";
  return fmt::format("[{}, {}]", json_of(std::optional(span->first)), json_of(std::optional(span->second)));
}

}  // namespace

std::string job_json(job_view const& j) {
  return fmt::format(
      R"({{"name": {}, "provider": {}, "job_id": {}, "labels": {}, "state": "{}", "build": {}, "progress": {}, )"
      R"("eta": {}, "eta_between": {}, "last_poll_at": {}, "next_poll_at": {}, "last_error": {}, "running": {}, )"
      R"("last_outcome": {}}})",
      json_string(j.job.name), json_string(j.job.provider), json_string(j.job.job_id), labels_json(j.job.labels),
      to_string(j.state), j.build ? notify::build_json(*j.build) : "null",
      j.progress ? fmt::format("{:.4f}", *j.progress) : "null", json_of(j.eta), between_json(j.eta_between),
      json_of(j.last_poll_at), json_of(j.next_poll_at), json_of(j.last_error), builds_json(j.running),
      outcome_json(j.finished));
}

std::unique_ptr<pieces> jobs_body(web::jobs const& from, std::string after, std::size_t limit) {
  return std::make_unique<job_page>(from, std::move(after), limit);
}

std::unique_ptr<pieces> builds_body(std::vector<model::build> builds) {
  return std::make_unique<listed<model::build>>("builds", std::move(builds), notify::build_json);
}

std::vector<model::build> with_running(std::vector<model::build> finished, std::vector<model::build> running,
                                       std::size_t limit) {
  std::vector<model::build> all = std::move(finished);
  std::size_t const ended = all.size();
  for (model::build& b : running) {
    auto const known = all.begin() + static_cast<std::ptrdiff_t>(ended);
    if (std::ranges::find(all.begin(), known, b.number, &model::build::number) == known) all.push_back(std::move(b));
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &model::build::number);
  if (all.size() > limit) all.resize(limit);
  return all;
}

std::unique_ptr<pieces> events_body(std::vector<model::event> events) {
  return std::make_unique<listed<model::event>>("events", std::move(events), notify::standard_json);
}

std::string sinks_json(std::span<sink_view const> sinks) {
  std::string made = R"({"sinks": [)";
  for (sink_view const& s : sinks) {
    if (&s != sinks.data()) made += ", ";
    made += fmt::format(
        R"({{"name": {}, "type": {}, "pending": {}, "delivered": {}, "dead": {}, "paused_until": {}, "last_error": {}}})",
        json_string(s.name), json_string(s.type), s.pending, s.delivered, s.dead, json_of(s.paused_until),
        json_of(s.last_error));
  }
  return made += "]}";
}

std::string health_json(std::span<std::string const> reasons) {
  std::string made = fmt::format(R"({{"status": "{}", "reasons": [)", reasons.empty() ? "ok" : "unavailable");
  for (std::string const& reason : reasons) {
    if (&reason != reasons.data()) made += ", ";
    made += json_string(reason);
  }
  return made += "]}";
}

}  // namespace buildwatch::web
