// What a store keeps, for scripts: every field is there, null when unknown.
#include <nlohmann/json.hpp>

#include "buildwatch/notify/format.hpp"
#include "buildwatch/service/records.hpp"

namespace buildwatch::service {
namespace {

using json = nlohmann::ordered_json;

json or_null(std::string const& text) { return text.empty() ? json(nullptr) : json(text); }

std::string line(json const& o) { return o.dump(-1, ' ', false, json::error_handler_t::replace); }

void add_delivery(json& o, store::receipt const& r) {
  bool const waits = r.standing == store::standing::waiting;
  json const at = model::to_rfc3339(r.at);
  o["sink"] = r.sink;
  o["webhook_id"] = r.webhook_id;
  o["state"] = store::to_string(r.standing);
  o["since"] = model::to_rfc3339(r.added);
  o["at"] = waits ? json(nullptr) : at;
  o["due"] = waits ? at : json(nullptr);
  o["tries"] = r.tries;
  o["answer"] = or_null(r.answer);
  o["why"] = or_null(r.why);
  o["rule"] = or_null(r.rule);
  o["paused"] = r.behind_pause;
}

}  // namespace

std::string as_json(store::kept_build const& b) {
  json o = {{"provider", b.provider}, {"job", b.job}, {"job_id", b.job_id}};
  o.update(json::parse(notify::build_json(b.build)));
  return line(o);
}

std::string as_json(store::kept_event const& e) {
  json o = json::parse(notify::standard_json(e.event));
  o["deliveries"] = json::array();
  for (auto const& r : e.receipts) {
    json one = {{"number", r.number}};
    add_delivery(one, r);
    o["deliveries"].push_back(std::move(one));
  }
  o["not_asked"] = json::array();
  for (auto const& [sink, why] : e.not_asked) o["not_asked"].push_back({{"sink", sink}, {"why", why}});
  return line(o);
}

std::string as_json(store::receipt const& r) {
  json o = {{"number", r.number}, {"event_id", r.event_id}};
  add_delivery(o, r);
  o["summary"] = or_null(r.summary);
  return line(o);
}

}  // namespace buildwatch::service
