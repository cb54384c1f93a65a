// Key `tls` of a provider or a webhook.
#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

std::string read_file_name(fields const& f, std::string_view name, bool& spoiled) {
  auto const c = f.find(name);
  if (!c) return {};
  auto const text = read_text(*c, "the path of a file");
  if (!text) {
    spoiled = true;
    return {};
  }
  std::string full = joined(c->in.file.directory, *text);
  if (auto const why = c->in.disk->unreadable(full)) {
    spoiled = true;
    c->error("the file cannot be read: " + *why);
  }
  return full;
}

}  // namespace

net::tls_options read_tls(cursor const& c) {
  net::tls_options tls;
  fields const f(c, tls_keys());
  f.check();
  bool spoiled = f.find("cert_file").has_value() != f.find("key_file").has_value();
  tls.ca_file = read_file_name(f, "ca_file", spoiled);
  tls.cert_file = read_file_name(f, "cert_file", spoiled);
  tls.key_file = read_file_name(f, "key_file", spoiled);
  if (f.find("cert_file") && !f.find("key_file")) static_cast<void>(f.require("key_file", "it goes with `cert_file`"));
  if (f.find("key_file") && !f.find("cert_file")) static_cast<void>(f.require("cert_file", "it goes with `key_file`"));
  if (c.in.world.tls_fault && !spoiled) {
    if (auto const fault = c.in.world.tls_fault(tls)) f.find(fault->key).value_or(c).error(fault->reason);
  }
  return tls;
}

}  // namespace buildwatch::config
