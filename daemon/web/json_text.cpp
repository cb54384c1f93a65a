#include "web/json_text.hpp"

#include <nlohmann/json.hpp>

#include "buildwatch/model/event.hpp"

namespace buildwatch::web {

std::string json_string(std::string_view text) {
  using json = nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_of(std::optional<base::wall_time> const& t) { return t ? json_string(model::to_rfc3339(*t)) : "null"; }

std::string json_of(std::optional<std::string> const& text) { return text ? json_string(*text) : "null"; }

}  // namespace buildwatch::web
