// Computes SDK-HMAC-SHA256 signatures with one key, as cheaply as OpenSSL allows.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "buildwatch/codearts/signing.hpp"
#include "codearts/hex.hpp"

namespace buildwatch::codearts {
namespace {

constexpr std::string_view algorithm = "SDK-HMAC-SHA256";
constexpr std::size_t hash_size = 32;

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <class T, auto Free>
using owned = std::unique_ptr<T, freer<Free>>;

void require(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL can not compute HMAC-SHA256");
}

owned<EVP_MAC_CTX, EVP_MAC_CTX_free> keyed_context(std::string_view key) {
  owned<EVP_MAC, EVP_MAC_free> const mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  require(mac != nullptr);
  owned<EVP_MAC_CTX, EVP_MAC_CTX_free> context(EVP_MAC_CTX_new(mac.get()));
  require(context != nullptr);
  char digest[] = "SHA256";
  std::array<OSSL_PARAM, 2> const parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                             OSSL_PARAM_construct_end()};
  // OpenSSL reads a null key as "keep the old one": an empty key still needs an address.
  auto const* bytes = reinterpret_cast<unsigned char const*>(key.empty() ? "" : key.data());
  require(EVP_MAC_init(context.get(), bytes, key.size(), parameters.data()) == 1);
  return context;
}

}  // namespace

struct signer::state {
  state(std::string key_name, std::string_view key)
      : access_key(std::move(key_name)),
        sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
        hashing(EVP_MD_CTX_new()),
        signing(keyed_context(key)) {
    require(sha256 != nullptr && hashing != nullptr);
  }

  void hash(std::string_view text, char* hex) {
    std::array<unsigned char, hash_size> bytes;
    require(EVP_DigestInit_ex2(hashing.get(), sha256.get(), nullptr) == 1 &&
            EVP_DigestUpdate(hashing.get(), text.data(), text.size()) == 1 &&
            EVP_DigestFinal_ex(hashing.get(), bytes.data(), nullptr) == 1);
    write_hex(bytes, hex);
  }

  void sign(std::string_view text, char* hex) {
    std::array<unsigned char, hash_size> bytes;
    std::size_t size = 0;
    // A null key starts anew with the key the context has: that saves two of four SHA-256 blocks.
    require(EVP_MAC_init(signing.get(), nullptr, 0, nullptr) == 1 &&
            EVP_MAC_update(signing.get(), reinterpret_cast<unsigned char const*>(text.data()), text.size()) == 1 &&
            EVP_MAC_final(signing.get(), bytes.data(), &size, bytes.size()) == 1 && size == bytes.size());
    write_hex(bytes, hex);
  }

  std::string access_key;
  owned<EVP_MD, EVP_MD_free> sha256;
  owned<EVP_MD_CTX, EVP_MD_CTX_free> hashing;
  owned<EVP_MAC_CTX, EVP_MAC_CTX_free> signing;
  std::string to_sign;  ///< kept for its memory
};

signer::signer(std::string access_key, base::secret const& secret_key)
    : state_(std::make_unique<state>(std::move(access_key), secret_key.reveal())) {}
signer::~signer() = default;
signer::signer(signer&&) noexcept = default;

void signer::authorize(std::string_view canonical_request, std::string_view signed_headers, std::string_view sdk_date,
                       std::string& out) {
  auto& to_sign = state_->to_sign;
  to_sign.assign(algorithm).append(1, '\n').append(sdk_date).append(1, '\n');
  std::array<char, 2 * hash_size> hex;
  state_->hash(canonical_request, hex.data());
  to_sign.append(hex.data(), hex.size());
  state_->sign(to_sign, hex.data());
  out.append(algorithm).append(" Access=").append(state_->access_key);
  out.append(", SignedHeaders=").append(signed_headers).append(", Signature=").append(hex.data(), hex.size());
}

std::string signer::authorization(signable const& what, std::string_view sdk_date) {
  std::string out;
  authorize(canonical_request(what), signed_headers(what), sdk_date, out);
  return out;
}

}  // namespace buildwatch::codearts
