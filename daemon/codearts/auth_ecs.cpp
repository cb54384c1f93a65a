// `type: ecs`: temporary keys from the metadata service of the server this runs on (codearts-api.md 3.3).
#include <algorithm>
#include <array>

#include "codearts/auth.hpp"
#include "codearts/json_tree.hpp"
#include "codearts/poll_signer.hpp"
#include "codearts/redact.hpp"
#include "codearts/side_call.hpp"
#include "codearts/timestamp.hpp"

namespace buildwatch::codearts {
namespace {

using boost::asio::awaitable;
using nlohmann::json;

// Times of the vendor's SDK, and the life of a metadata token as it asks for it.
constexpr base::duration request_timeout = std::chrono::seconds(3);
constexpr base::duration renewal_margin = std::chrono::minutes(40);
constexpr base::duration session_life = std::chrono::seconds(21600);
/// Keys just handed out are used at least so long, whatever our clock says of their end: a 401 tells if it is right.
constexpr base::duration least_use = std::chrono::minutes(1);
constexpr std::string_view no_agency = "Please configure Cloud Service Agency first";

struct temporary_keys {
  base::secret access;
  base::secret secret;
  base::secret token;
  base::wall_time expires_at{};

  friend bool operator==(temporary_keys const& a, temporary_keys const& b) {
    return a.access == b.access && a.secret == b.secret && a.token == b.token;
  }
};

std::string text_of(json const& object, char const* name) {
  auto const at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<temporary_keys> parse_keys(std::string const& body) {
  json const answer = parse_tree(body);
  if (!answer.is_object() || !answer.contains("credential") || !answer["credential"].is_object()) return std::nullopt;
  json const& from = answer["credential"];
  temporary_keys keys{base::secret(text_of(from, "access")), base::secret(text_of(from, "secret")),
                      base::secret(text_of(from, "securitytoken"))};
  auto const expires = parse_timestamp(text_of(from, "expires_at"));
  if (!expires || !fit_for_header(keys.access.reveal()) || keys.secret.empty() ||
      !fit_for_header(keys.token.reveal())) {
    return std::nullopt;
  }
  keys.expires_at = *expires;
  return keys;
}

class ecs final : public credential_fetcher {
 public:
  ecs(net::context const& shared, ecs_auth const& what, signing_scope const& scope, std::unique_ptr<net::client> client)
      : shared_(shared),
        scope_(scope),
        side_("metadata service " + what.endpoint.shown()),
        prefix_(path_prefix(what.endpoint)),
        client_(std::move(client)) {}

  awaitable<fetched> fetch(base::time_point deadline) override {
    fetched out;
    net::response answer;
    if (!session_fresh()) out.problem = co_await begin_session(deadline, answer);
    if (!out.problem) out.problem = co_await ask_keys(deadline, answer);
    if (!out.problem && answer.status == 401 && answer.body.find(no_agency) == std::string::npos) {
      session_until_ = base::time_point::min();
      out.problem = co_await begin_session(deadline, answer);
      if (!out.problem) out.problem = co_await ask_keys(deadline, answer);
    }
    if (!out.problem) out = read(answer);
    co_return out;
  }

  void sign(std::string_view canonical_address, base::instant now, std::string& headers) override {
    signer_->sign(canonical_address, now.wall, headers);
  }

  void hide(std::string& words) const override {
    std::array const secrets{keys_.access.reveal(),     keys_.secret.reveal(),     keys_.token.reveal(),
                             previous_.access.reveal(), previous_.secret.reveal(), previous_.token.reveal(),
                             session_.reveal()};
    redact(words, secrets);
  }

  void close() override { client_->close(); }

 private:
  bool session_fresh() const { return shared_.clock.now().mono < session_until_; }

  base::time_point soon(base::time_point deadline) const {
    return std::min(deadline, shared_.clock.now().mono + request_timeout);
  }

  /// Gets a metadata token. A service that has none (404, 405, 503) is asked without.
  awaitable<std::optional<trouble>> begin_session(base::time_point deadline, net::response& answer) {
    std::string const target = prefix_ + "/meta-data/latest/api/token";
    std::string const headers = common_headers() + "X-Metadata-Token-Ttl-Seconds: 21600\r\n";
    net::request request;
    request.method = net::method::put;
    request.target = target;
    request.headers = headers;
    request.deadline = soon(deadline);
    auto const failure = co_await client_->send(request, answer);
    if (failure) co_return no_answer(side_, *failure);
    co_return keep_session(answer);
  }

  std::optional<trouble> keep_session(net::response const& answer) {
    session_ = base::secret();
    switch (answer.status) {
      case 404:
      case 405:
      case 503: break;
      case 200:
      case 201:
        if (!fit_for_header(answer.body)) return odd_answer(side_, "its token is empty or holds a control character");
        session_ = base::secret(answer.body);
        // With time to spare: keys are asked for rarely, so another token now and then costs nothing.
        session_until_ = shared_.clock.now().mono + session_life / 2;
        break;
      default: return bad_answer(side_, answer, hidden(), shared_.clock.now());
    }
    return std::nullopt;
  }

  awaitable<std::optional<trouble>> ask_keys(base::time_point deadline, net::response& answer) {
    std::string const target = prefix_ + "/openstack/latest/securitykey";
    std::string headers = common_headers();
    if (!session_.empty()) headers.append("X-Metadata-Token: ").append(session_.reveal()).append("\r\n");
    net::request request;
    request.target = target;
    request.headers = headers;
    request.deadline = soon(deadline);
    auto const failure = co_await client_->send(request, answer);
    if (failure) co_return no_answer(side_, *failure);
    co_return std::nullopt;
  }

  fetched read(net::response const& answer) {
    base::instant const now = shared_.clock.now();
    fetched out;
    if (answer.status != 200) {
      out.problem = bad_answer(side_, answer, hidden(), now);
      return out;
    }
    auto keys = parse_keys(answer.body);
    if (!keys) {
      out.problem = odd_answer(side_, "the answer holds no keys with access, secret, securitytoken and expires_at");
      return out;
    }
    base::duration const left = time_between(now.wall, keys->expires_at);
    out.changed = !signer_ || !(*keys == keys_);
    out.usable = std::max(left, least_use);
    out.renew_after = renewal_of(left);
    if (out.changed) use(std::move(*keys));
    return out;
  }

  void use(temporary_keys keys) {
    previous_ = std::move(keys_);
    keys_ = std::move(keys);
    signer_.emplace(scope_, keys_.access.reveal(), keys_.secret, keys_.token.reveal());
  }

  /// When under 40 minutes are left. The service hands out the same keys for a while: with less than that left it is
  /// asked again soon, but not with every poll.
  static base::duration renewal_of(base::duration left) {
    base::duration const least = std::chrono::seconds(1);
    base::duration const most = std::chrono::seconds(10);
    return std::max(left - renewal_margin, std::clamp(left / 2, least, most));
  }

  redaction hidden() const {
    return [this](std::string& words) { hide(words); };
  }

  net::context const& shared_;
  signing_scope scope_;
  std::string side_;
  std::string prefix_;
  std::unique_ptr<net::client> client_;
  base::secret session_;  ///< metadata token; empty: the service has none
  base::time_point session_until_ = base::time_point::min();
  temporary_keys keys_;
  temporary_keys previous_;  ///< still hidden: an answer to them may be under way
  std::optional<poll_signer> signer_;
};

}  // namespace

std::shared_ptr<credential_fetcher> make_ecs(net::context const& shared, ecs_auth const& what,
                                             signing_scope const& scope, std::unique_ptr<net::client> metadata) {
  return std::make_shared<ecs>(shared, what, scope, std::move(metadata));
}

}  // namespace buildwatch::codearts
