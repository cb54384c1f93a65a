// `type: aksk`: signs with a key pair. A refused signature is never repeated: five lock the key (codearts-api.md 3.2).
#include <array>

#include "codearts/auth.hpp"
#include "codearts/poll_signer.hpp"
#include "codearts/redact.hpp"

namespace buildwatch::codearts {
namespace {

class aksk final : public fixed_credentials {
 public:
  aksk(aksk_auth const& what, signing_scope const& scope)
      : auth_(what), signer_(scope, what.access_key.reveal(), what.secret_key, what.security_token.reveal()) {}

  std::uint64_t sign(std::string_view canonical_address, base::instant now, std::string& headers) override {
    signer_.sign(canonical_address, now.wall, headers);
    return 0;
  }

  void hide(std::string& words) const override {
    std::array const secrets{auth_.access_key.reveal(), auth_.secret_key.reveal(), auth_.security_token.reveal()};
    redact(words, secrets);
  }

 private:
  aksk_auth auth_;
  poll_signer signer_;
};

}  // namespace

base::result<std::unique_ptr<credentials>> make_aksk(aksk_auth const& what, signing_scope const& scope) {
  if (!fit_for_header(what.access_key.reveal())) {
    return base::error{"auth.access_key is empty or holds a control character"};
  }
  if (what.secret_key.empty()) return base::error{"auth.secret_key is empty"};
  if (!what.security_token.empty() && !fit_for_header(what.security_token.reveal())) {
    return base::error{"auth.security_token holds a control character"};
  }
  return std::unique_ptr<credentials>(std::make_unique<aksk>(what, scope));
}

}  // namespace buildwatch::codearts
