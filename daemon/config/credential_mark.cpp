#include "config/credential_mark.hpp"

#include <initializer_list>
#include <string_view>

#include "config/digest.hpp"

namespace buildwatch::config {
namespace {

std::uint32_t mark_of(std::initializer_list<std::string_view> values) {
  digest all;
  for (auto const v : values) all.add(v);
  std::uint64_t folded = all.value();
  folded ^= folded >> 32U;
  folded ^= folded >> 16U;
  constexpr std::uint64_t marks = 0xffff;
  return static_cast<std::uint32_t>(1 + folded % marks);
}

struct marks {
  std::uint32_t operator()(codearts::aksk_auth const& a) const {
    return mark_of({"aksk", a.access_key.reveal(), a.secret_key.reveal(), a.security_token.reveal()});
  }
  std::uint32_t operator()(codearts::token_auth const& a) const { return mark_of({"token", a.token.reveal()}); }
  std::uint32_t operator()(codearts::iam_auth const& a) const {
    return mark_of(
        {"iam", a.domain, a.user, a.password.reveal(), a.project, a.endpoint.shown(), a.endpoint.target.reveal()});
  }
  std::uint32_t operator()(codearts::ecs_auth const&) const { return 0; }
  std::uint32_t operator()(codearts::no_auth const&) const { return 0; }
};

}  // namespace

std::uint32_t credential_mark(codearts::auth const& of) { return std::visit(marks{}, of); }

}  // namespace buildwatch::config
