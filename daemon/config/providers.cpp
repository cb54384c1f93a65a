// Key `providers`.
#include <algorithm>
#include <array>

#include "config/address.hpp"
#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 1> types{"codearts"};

bool region_like(std::string_view text) {
  auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  // It becomes a label of a host name: 63 bytes at most (RFC 1035 section 2.3.4), no hyphen at its ends.
  return text.size() <= 63 && std::ranges::all_of(text, fits) && !text.starts_with('-') && !text.ends_with('-');
}

std::string read_region(fields const& f) {
  auto const c = f.find("region");
  if (!c) return {};
  auto text = read_text(*c, "a region such as cn-north-4");
  if (!text) return {};
  if (region_like(*text)) return std::move(*text);
  c->error("expected a region such as cn-north-4: small letters, digits and `-`, at most 63");
  return {};
}

std::string read_project_id(cursor const& c) {
  auto text = read_text(c, "the id of an IAM project");
  if (!text) return {};
  auto const fits = [](char b) {
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '-' || b == '_';
  };
  if (text->size() <= 64 && std::ranges::all_of(*text, fits)) return std::move(*text);
  c.error("expected the id of an IAM project: letters, digits, `-` and `_`, at most 64");
  return {};
}

void read_where(fields const& f, codearts::provider_options& p) {
  p.region = read_region(f);
  if (auto const c = f.find("endpoint")) {
    if (auto address = read_endpoint(*c)) p.endpoint = std::move(*address);
  } else if (!p.region.empty()) {
    p.endpoint = codearts::service_endpoint(p.region);
  } else if (!f.find("region")) {
    static_cast<void>(f.require("region", "give it, or `endpoint`"));
  }
}

void read_limits(fields const& f, codearts::provider_options& p) {
  if (auto const c = f.find("timeout")) p.timeout = read_duration(*c, interval_range()).value_or(p.timeout);
  if (auto const c = f.find("connections")) p.connections = read_number(*c, 1, 1024).value_or(p.connections);
  if (auto const c = f.find("rate_limit")) p.rate_per_second = read_rate(*c).value_or(p.rate_per_second);
}

draft_provider read_provider(cursor const& c, std::string const& name, mark at) {
  draft_provider made{{}, at, std::nullopt};
  codearts::provider_options& p = made.provider;
  p.name = name;
  fields const f(c, provider_keys());
  f.check();
  if (!f.valid()) return made;
  if (auto const rate = f.find("rate_limit")) made.rate_at = rate->at.at;
  if (auto const type = f.require("type", "`type: codearts`")) static_cast<void>(read_word(*type, types));
  read_where(f, p);
  if (auto const id = f.find("iam_project_id")) p.iam_project_id = read_project_id(*id);
  if (auto const auth = f.require("auth", "`auth: {type: none}` is for a gateway that adds it")) {
    p.auth = read_auth(*auth, p.region);
  }
  read_limits(f, p);
  p.proxy = read_proxy(f, p.endpoint);
  if (auto const tls = f.find("tls")) p.tls = read_tls(*tls);
  return made;
}

}  // namespace

void read_providers(cursor const& c, draft& into) {
  auto const read = [&](cursor const& one, std::string const& name, mark at) {
    into.providers.push_back(read_provider(one, name, at));
  };
  if (!each_named(c, "providers by name", read)) into.incomplete = true;
}

}  // namespace buildwatch::config
