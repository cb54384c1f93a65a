// `type: none`: a gateway on the way adds what proves who we are.
#include "codearts/auth.hpp"

namespace buildwatch::codearts {
namespace {

class none final : public fixed_credentials {
 public:
  std::uint64_t sign(std::string_view, base::instant, std::string&) override { return 0; }
  void hide(std::string&) const override {}
};

}  // namespace

std::unique_ptr<credentials> make_none() { return std::make_unique<none>(); }

}  // namespace buildwatch::codearts
