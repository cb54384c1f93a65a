#include "config/webhook_secret.hpp"

#include <optional>

namespace buildwatch::config {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  unsigned bits = 0;
  unsigned have = 0;
  for (char const c : text) {
    auto const six = alphabet.find(c);
    if (six == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U | static_cast<unsigned>(six)) & 0xFFFFU;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    bytes.push_back(static_cast<char>(bits >> have & 0xFFU));
  }
  return bytes;
}

}  // namespace

base::result<base::secret> decode_webhook_secret(std::string_view text) {
  constexpr std::string_view prefix = "whsec_";
  if (!text.starts_with(prefix))
    return base::error{"expected whsec_ and the base64 of 24 to 64 bytes; it does not begin with whsec_"};
  auto bytes = from_base64(text.substr(prefix.size()));
  if (!bytes) return base::error{"expected whsec_ and the base64 of 24 to 64 bytes; what follows whsec_ is no base64"};
  if (bytes->size() < 24 || bytes->size() > 64) {
    return base::error{"expected whsec_ and the base64 of 24 to 64 bytes; it holds " + std::to_string(bytes->size())};
  }
  return base::secret(std::move(*bytes));
}

}  // namespace buildwatch::config
