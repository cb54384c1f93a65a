// Key `tls` of a provider or a webhook.
#include "config/decode.hpp"
#include "config/digest.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t largest_file = 16UL * 1024 * 1024;

/// The files of one `tls`, as they are read one after the other.
struct reading {
  digest contents;
  bool any = false;
  bool spoiled = false;  ///< something was complained about
};

std::string read_file(fields const& f, std::string_view name, reading& all) {
  auto const c = f.find(name);
  if (!c) return {};
  auto const text = read_text(*c, "the path of a file");
  if (!text) {
    all.spoiled = true;
    return {};
  }
  std::string full = joined(c->in.file.directory, *text);
  if (c->in.world.skip_secrets) return full;  // a key is one
  auto const bytes = c->in.disk->read(full, largest_file);
  all.any = true;
  if (bytes) {
    all.contents.add(*bytes);
  } else {
    all.spoiled = true;
    c->error("the file cannot be read: " + bytes.error().text);
  }
  return full;
}

}  // namespace

net::tls_options read_tls(cursor const& c) {
  net::tls_options tls;
  fields const f(c, tls_keys());
  f.check();
  reading all;
  all.spoiled = f.find("cert_file").has_value() != f.find("key_file").has_value();
  tls.ca_file = read_file(f, "ca_file", all);
  tls.cert_file = read_file(f, "cert_file", all);
  tls.key_file = read_file(f, "key_file", all);
  if (all.any) tls.contents = all.contents.value();
  if (f.find("cert_file") && !f.find("key_file")) static_cast<void>(f.require("key_file", "it goes with `cert_file`"));
  if (f.find("key_file") && !f.find("cert_file")) static_cast<void>(f.require("cert_file", "it goes with `key_file`"));
  if (c.in.world.tls_fault && !all.spoiled && !c.in.world.skip_secrets) {
    if (auto const fault = c.in.world.tls_fault(tls)) f.find(fault->key).value_or(c).error(fault->reason);
  }
  return tls;
}

}  // namespace buildwatch::config
