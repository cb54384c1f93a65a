// Signing as Standard Webhooks says (specification, "Webhook metadata" and "Signature scheme").
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {
namespace {

std::string base64(unsigned char const* bytes, std::size_t count) {
  std::string text(4 * ((count + 2) / 3) + 1, '\0');  // EVP_EncodeBlock writes a final NUL
  int const written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(count));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

std::string hmac_sha256(std::string_view key, std::string const& message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  auto const* bytes = reinterpret_cast<unsigned char const*>(message.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(), digest.data(), &size) ==
      nullptr) {
    throw std::runtime_error("OpenSSL can not compute HMAC-SHA256");
  }
  return base64(digest.data(), size);
}

}  // namespace

std::string webhook_signature(std::vector<base::secret> const& keys, std::string_view id, std::string_view timestamp,
                              std::string_view body) {
  std::string message;
  message.reserve(id.size() + timestamp.size() + body.size() + 2);
  message.append(id).append(".").append(timestamp).append(".").append(body);
  std::string signatures;
  for (base::secret const& key : keys) {
    if (!signatures.empty()) signatures += ' ';
    signatures += "v1," + hmac_sha256(key.reveal(), message);
  }
  return signatures;
}

}  // namespace buildwatch::sinks
