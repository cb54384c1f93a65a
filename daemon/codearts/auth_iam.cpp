// `type: iam`: tokens by user and password (codearts-api.md 3.1).
#include <algorithm>
#include <array>

#include "codearts/auth.hpp"
#include "codearts/json_tree.hpp"
#include "codearts/redact.hpp"
#include "codearts/side_call.hpp"
#include "codearts/timestamp.hpp"

namespace buildwatch::codearts {
namespace {

using nlohmann::json;

/// How long tokens last where the answer does not say.
constexpr base::duration documented_lifetime = std::chrono::hours(24);

std::string token_request(iam_auth const& what) {
  json const user = {{"domain", {{"name", what.domain}}}, {"name", what.user}, {"password", what.password.reveal()}};
  json const identity = {{"methods", {"password"}}, {"password", {{"user", user}}}};
  json const scope = {{"project", {{"name", what.project}}}};
  return json{{"auth", {{"identity", identity}, {"scope", scope}}}}.dump();
}

std::optional<base::wall_time> stamp(json const& token, char const* name) {
  auto const at = token.find(name);
  if (at == token.end() || !at->is_string()) return std::nullopt;
  return parse_timestamp(at->get_ref<std::string const&>());
}

/// From the answer's own two stamps, so that it does not matter when our wall clock is wrong.
base::duration lifetime_of(std::string const& body, base::wall_time now) {
  json const answer = parse_tree(body);
  if (!answer.is_object() || !answer.contains("token") || !answer["token"].is_object()) return documented_lifetime;
  auto const expires = stamp(answer["token"], "expires_at");
  if (!expires) return documented_lifetime;
  base::duration const lifetime = time_between(stamp(answer["token"], "issued_at").value_or(now), *expires);
  return lifetime > base::duration::zero() ? lifetime : documented_lifetime;
}

class iam final : public credential_fetcher {
 public:
  iam(net::context const& shared, iam_auth const& what, std::string body, std::unique_ptr<net::client> client)
      : shared_(shared),
        auth_(what),
        side_("IAM " + what.endpoint.shown()),
        target_(path_prefix(what.endpoint) + "/v3/auth/tokens?nocatalog=true"),
        headers_(common_headers() + "Content-Type: application/json;charset=utf8\r\n"),
        body_(std::move(body)),
        client_(std::move(client)) {}

  boost::asio::awaitable<fetched> fetch(base::time_point deadline) override {
    net::request request;
    request.method = net::method::post;
    request.target = target_;
    request.headers = headers_;
    request.body = body_.reveal();
    request.deadline = deadline;
    net::response answer;
    auto const failure = co_await client_->send(request, answer);
    fetched out;
    if (failure) {
      out.problem = no_answer(side_, *failure);
    } else {
      out = read(answer);
    }
    co_return out;
  }

  void sign(std::string_view, base::instant, std::string& headers) override {
    headers.append("X-Auth-Token: ").append(token_.reveal()).append("\r\n");
  }

  void hide(std::string& words) const override {
    std::array<std::string_view, 5> const secrets{token_.reveal(), previous_.reveal(), auth_.password.reveal(),
                                                  auth_.user, auth_.domain};
    redact(words, secrets);
  }

  void close() override { client_->close(); }

 private:
  fetched read(net::response const& answer) {
    base::instant const now = shared_.clock.now();
    fetched out;
    if (answer.status != 201 && answer.status != 200) {
      redaction const hidden = [this](std::string& words) { hide(words); };
      out.problem = bad_answer(side_, answer, hidden, now);
    } else if (!fit_for_header(answer.subject_token)) {
      out.problem = odd_answer(side_, "the answer has no X-Subject-Token");
    } else {
      previous_ = std::move(token_);
      token_ = base::secret(answer.subject_token);
      out.changed = true;
      out.usable = lifetime_of(answer.body, now.wall);
      out.renew_after = renewal_of(out.usable);
    }
    return out;
  }

  /// With a tenth of the lifetime left, but no less than 5 minutes; of a short life with half of it left.
  static base::duration renewal_of(base::duration lifetime) {
    base::duration const least = std::chrono::minutes(5);
    return lifetime - std::min(std::max(lifetime / 10, least), lifetime / 2);
  }

  net::context const& shared_;
  iam_auth auth_;
  std::string side_;
  std::string target_;
  std::string headers_;
  base::secret body_;
  std::unique_ptr<net::client> client_;
  base::secret token_;
  base::secret previous_;  ///< still hidden: an answer to it may be under way
};

}  // namespace

base::result<std::shared_ptr<credential_fetcher>> make_iam(net::context const& shared, iam_auth const& what,
                                                           std::unique_ptr<net::client> iam_client) {
  if (what.project.empty()) return base::error{"auth.project is missing, and there is no region to take it from"};
  try {
    return std::shared_ptr<credential_fetcher>(
        std::make_shared<iam>(shared, what, token_request(what), std::move(iam_client)));
  } catch (json::exception const&) {  // JSON is UTF-8; its text would quote the value
    return base::error{"auth.domain, user, password or project is no UTF-8"};
  }
}

}  // namespace buildwatch::codearts
