// Key `auth` of a provider. Nothing in it but `type` is ever quoted.
#include <array>

#include "buildwatch/net/url.hpp"
#include "config/address.hpp"
#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 5> types{"aksk", "token", "iam", "ecs", "none"};

base::secret secret_of(fields const& f, std::string_view name) {
  auto const c = f.require(name);
  if (!c) return {};
  auto text = read_text(c->hidden(), "text");
  return text ? base::secret(std::move(*text)) : base::secret{};
}

/// A secret that is sent in a header as it is.
base::secret header_of(fields const& f, std::string_view name) {
  auto const c = f.require(name);
  if (!c) return {};
  return read_header_value(c->hidden(), "text").value_or(base::secret{});
}

std::string text_of(fields const& f, std::string_view name) { return std::string(secret_of(f, name).reveal()); }

codearts::aksk_auth read_aksk(fields const& f) {
  codearts::aksk_auth a;
  a.access_key = header_of(f, "access_key");
  a.secret_key = secret_of(f, "secret_key");
  if (f.find("security_token")) a.security_token = header_of(f, "security_token");
  return a;
}

/// Expands the scalar anew, from whatever the files hold by then.
std::function<base::result<base::secret>()> reader_of(cursor const& c) {
  if (c.at.text.find("${file:") == std::string::npos) return {};
  return [text = c.at.text, world = c.in.world, disk = c.in.disk, directory = c.in.file.directory,
          where = c.where.text()]() -> base::result<base::secret> {
    auto value = expand(text, {world, *disk, directory});
    if (!value) return base::error{where + ": " + value.error().text};
    if (auto const why = unfit_for_header(value->text)) return base::error{where + ": " + *why};
    return base::secret(std::move(value->text));
  };
}

codearts::token_auth read_token(fields const& f) {
  codearts::token_auth a;
  a.token = header_of(f, "token");
  auto const c = f.find("token");
  if (c) a.read_again = reader_of(*c);
  if (a.read_again) a.read_from = base::secret(c->in.file.directory + '\n' + c->at.text);
  return a;
}

codearts::iam_auth read_iam(fields const& f, std::string const& region) {
  codearts::iam_auth a;
  a.domain = text_of(f, "domain");
  a.user = text_of(f, "user");
  a.password = secret_of(f, "password");
  a.project = region;
  if (f.find("project") || region.empty()) a.project = text_of(f, "project");
  if (!region.empty()) a.endpoint = codearts::iam_endpoint(region);
  auto const c = region.empty() ? f.require("endpoint", "without a region it cannot be derived") : f.find("endpoint");
  if (c) a.endpoint = read_endpoint(*c).value_or(a.endpoint);
  return a;
}

codearts::ecs_auth read_ecs(fields const& f) {
  codearts::ecs_auth a;
  a.endpoint = codearts::metadata_endpoint();
  std::string const metadata = a.endpoint.host;
  auto const c = f.find("endpoint");
  if (!c) return a;
  auto address = read_address(*c);
  if (!address) return a;
  if (!address->tls && address->host != metadata) {
    if (!net::is_loopback(address->host)) {
      c->error("plain http:// is accepted for loopback addresses and " + std::string(metadata) + " only; use https://");
    } else {
      c->warning("plain http://: nothing is encrypted");
    }
  }
  a.endpoint = std::move(*address);
  return a;
}

}  // namespace

codearts::auth read_auth(cursor const& c, std::string const& region) {
  fields const f(c, auth_keys());
  if (!f.valid()) return codearts::no_auth{};
  auto const given = f.require("type", "one of aksk, token, iam, ecs or none");
  auto const type = given ? read_word(*given, types, {}, quoting::never) : std::nullopt;
  f.check(type ? types[*type] : std::string_view{});
  switch (type.value_or(4)) {
    case 0: return read_aksk(f);
    case 1: return read_token(f);
    case 2: return read_iam(f, region);
    case 3: return read_ecs(f);
    default: return codearts::no_auth{};
  }
}

}  // namespace buildwatch::config
