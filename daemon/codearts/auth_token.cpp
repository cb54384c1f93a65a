// `type: token`: a token made elsewhere, read again when it is refused.
#include <array>

#include "codearts/auth.hpp"
#include "codearts/redact.hpp"

namespace buildwatch::codearts {
namespace {

class token final : public credentials {
 public:
  explicit token(token_auth const& what) : token_(what.token), read_again_(what.read_again) {}

  bool ready(base::instant) override { return true; }
  boost::asio::awaitable<std::optional<trouble>> obtain(base::time_point) override { co_return std::nullopt; }

  std::uint64_t sign(std::string_view, base::instant, std::string& headers) override {
    headers.append("X-Auth-Token: ").append(token_.reveal()).append("\r\n");
    return generation_;
  }

  boost::asio::awaitable<renewal> renew(std::uint64_t refused, base::time_point) override { co_return read(refused); }

  bool look_again() override { return read(generation_).changed; }

  void hide(std::string& words) const override {
    std::array const secrets{token_.reveal(), previous_.reveal()};
    redact(words, secrets);
  }

  void stop() override {}

 private:
  renewal read(std::uint64_t refused) {
    renewal out;
    out.changed = generation_ != refused;  // another request has read the new one already
    if (out.changed || !read_again_) return out;
    base::result<base::secret> const fresh = read_again_();
    if (fresh.has_error()) {
      out.problem = trouble{model::fault::refused, "reading the token again: " + fresh.error().text, {}};
    } else if (!fit_for_header(fresh->reveal())) {
      out.problem = trouble{model::fault::refused, "the token, read again, is empty or holds a control character", {}};
    } else if (*fresh != token_) {
      previous_ = std::move(token_);
      token_ = *fresh;
      ++generation_;
      out.changed = true;
    }
    return out;
  }

  base::secret token_;
  base::secret previous_;  ///< still hidden: an answer to it may be under way
  std::function<base::result<base::secret>()> read_again_;
  std::uint64_t generation_ = 0;
};

}  // namespace

base::result<std::unique_ptr<credentials>> make_token(token_auth const& what) {
  if (!fit_for_header(what.token.reveal())) return base::error{"auth.token is empty or holds a control character"};
  return std::unique_ptr<credentials>(std::make_unique<token>(what));
}

}  // namespace buildwatch::codearts
