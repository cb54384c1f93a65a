// The keys of a sink of `type: webhook`.
#include <algorithm>
#include <array>

#include "config/address.hpp"
#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"
#include "config/webhook_secret.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 1> formats{"standard"};
constexpr std::array<std::string_view, 11> later_formats{"cloudevents", "cdevents",  "slack",   "feishu",
                                                         "dingtalk",    "wecom",     "teams",   "discord",
                                                         "ntfy",        "pagerduty", "template"};
// What buildwatch sends itself, or what would break the framing of HTTP.
constexpr std::array<std::string_view, 6> own_headers{"content-type", "content-length", "host",
                                                      "user-agent",   "connection",     "transfer-encoding"};

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  auto const fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, fits);
}

std::string why_not_header(std::string_view name, auto const& before) {
  if (!is_token(name) || has_reference(name)) return "expected the name of an HTTP header";
  auto const same = [&](std::string_view other) { return model::equal_ignoring_case(name, other); };
  if (std::ranges::any_of(own_headers, same) || model::equal_ignoring_case(name.substr(0, 8), "webhook-")) {
    return "buildwatch sets this header itself";
  }
  if (std::ranges::any_of(before, [&](auto const& h) { return same(h.first); })) return "this header stands twice";
  return {};
}

std::vector<std::pair<std::string, base::secret>> read_headers(cursor const& c) {
  constexpr std::size_t most = 64;
  std::vector<std::pair<std::string, base::secret>> headers;
  if (!is_map(c, "headers such as {X-Team: firmware}")) return headers;
  if (c.at.entries.size() > most) c.error("at most " + std::to_string(most) + " headers");
  for (auto const& e : c.at.entries) {
    cursor const one{c.in, e.value, path(c.where, e.key), true};
    auto const why = why_not_header(e.key, headers);
    if (!why.empty()) c.in.out.error(c.in.file, e.key_at, one.where.text(), why);
    headers.emplace_back(e.key, read_header_value(one, "the text of a header").value_or(base::secret{}));
  }
  return headers;
}

void read_secret(cursor const& c, std::vector<base::secret>& into) {
  auto const text = read_text(c, "whsec_ and the base64 of 24 to 64 bytes");
  if (!text) return;
  auto key = decode_webhook_secret(*text);
  if (key) {
    into.push_back(std::move(*key));
  } else {
    c.error(key.error().text);
  }
}

std::vector<base::secret> read_secrets(cursor const& c) {
  constexpr std::size_t most = 16;
  std::vector<base::secret> keys;
  if (c.at.kind != node::type::list) {
    read_secret(c, keys);
    return keys;
  }
  if (c.at.items.empty() || c.at.items.size() > most) c.error("expected 1 to " + std::to_string(most) + " secrets");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    read_secret(item, keys);
  }
  return keys;
}

}  // namespace

sinks::webhook_options read_webhook(fields const& f) {
  sinks::webhook_options w;
  if (auto const c = f.require("url")) {
    if (auto address = read_address(*c)) {
      w.url = std::move(*address);
      if (!w.url.tls) c->warning("plain http://: what is sent to " + w.url.shown() + " is not encrypted");
    }
  }
  if (auto const c = f.find("format")) static_cast<void>(read_word(*c, formats, later_formats));
  if (auto const c = f.find("secret")) w.secrets = read_secrets(c->hidden());
  if (auto const c = f.find("headers")) w.headers = read_headers(*c);
  if (auto const c = f.find("timeout")) w.timeout = read_duration(*c, interval_range()).value_or(w.timeout);
  w.proxy = read_proxy(f, w.url);
  if (auto const c = f.find("tls")) w.tls = read_tls(*c);
  return w;
}

}  // namespace buildwatch::config
