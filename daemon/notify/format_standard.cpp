// `format: standard`: the JSON object of contract section 4.
#include <nlohmann/json.hpp>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::notify {
namespace {

using json = nlohmann::ordered_json;  // keys in the order of the contract: easier to read for people

json or_null(std::string const& text) { return text.empty() ? json(nullptr) : json(text); }

json or_null(std::optional<base::wall_time> const& t) { return t ? json(model::to_rfc3339(*t)) : json(nullptr); }

json finished_between(model::build const& b) {
  if (!b.first_seen_finished) return nullptr;
  return json::array({or_null(b.last_seen_running), or_null(b.first_seen_finished)});
}

json duration_seconds(model::build const& b) {
  if (!b.started_at || !b.finished_at || *b.finished_at < *b.started_at) return nullptr;
  std::int64_t const ms = (*b.finished_at - *b.started_at).count();
  if (ms % 1000 == 0) return ms / 1000;
  return static_cast<double>(ms) / 1000;
}

json job_object(model::job const& j) {
  json labels = json::object();
  for (auto const& [key, value] : j.labels) labels[key] = value;
  return {{"name", j.name}, {"provider", j.provider}, {"job_id", j.job_id}, {"labels", std::move(labels)}};
}

json source_object(model::build_source const& s) {
  json o = json::object();
  o["branch"] = or_null(s.branch);
  o["commit"] = or_null(s.commit);
  o["trigger"] = or_null(s.trigger);
  o["url"] = or_null(s.url);
  return o;
}

json build_object(model::build const& b) {
  json o = json::object();
  o["number"] = b.number;
  o["building"] = b.building;
  o["outcome"] = b.outcome ? json(model::to_string(*b.outcome)) : json(nullptr);
  o["result"] = or_null(b.result);
  o["region"] = or_null(b.region);
  o["started_at"] = or_null(b.started_at);
  o["finished_at"] = or_null(b.finished_at);
  o["times_exact"] = b.times_exact;
  o["finished_between"] = finished_between(b);
  o["duration_seconds"] = duration_seconds(b);
  o["source"] = b.source ? source_object(*b.source) : json(nullptr);
  return o;
}

json data_object(model::event const& e) {
  json o = json::object();
  o["sequence"] = e.sequence;
  o["provider"] = e.provider;
  o["job"] = e.job ? job_object(*e.job) : json(nullptr);
  o["build"] = e.build ? build_object(*e.build) : json(nullptr);
  o["change"] = e.change ? json(model::to_string(*e.change)) : json(nullptr);
  o["previous"] = nullptr;
  if (e.previous) {
    o["previous"] = {{"number", e.previous->number}, {"outcome", model::to_string(e.previous->outcome)}};
  }
  o["reason"] = e.reason ? json(*e.reason) : json(nullptr);
  o["summary"] = model::summary(e);
  return o;
}

std::string line(json const& o) { return o.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string build_json(model::build const& b) { return line(build_object(b)); }

std::string standard_json(model::event const& e) {
  json o = json::object();
  o["id"] = e.id;
  o["type"] = model::to_string(e.type);
  o["timestamp"] = model::to_rfc3339(e.timestamp);
  if (e.test) o["test"] = true;
  o["data"] = data_object(e);
  return line(o);
}

}  // namespace buildwatch::notify
