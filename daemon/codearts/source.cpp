// One question, one answer: the poll path.
#include "buildwatch/codearts/source.hpp"

#include <algorithm>

#include "buildwatch/codearts/answers.hpp"
#include "codearts/auth.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/side_call.hpp"
#include "codearts/skew.hpp"
#include "codearts/verdict.hpp"
#include "codearts/workspace.hpp"

namespace buildwatch::codearts {
namespace {

using boost::asio::awaitable;
using model::observation;

/// There is no answer to read.
void give_up(model::fault fault, std::string_view text, observation& into) {
  begin(into);
  fail(fault, one_line(text), into);
}

void give_up(trouble const& why, observation& into) {
  give_up(why.fault, why.text, into);
  into.retry_after = why.retry_after;
}

class source final : public watch::build_source {
 public:
  source(net::context const& shared, provider_options const& options, std::unique_ptr<net::client> api,
         std::unique_ptr<credentials> who)
      : clock_(shared.clock),
        timeout_(options.timeout),
        region_(options.region),
        addresses_(path_prefix(options.endpoint)),
        // Content-Type on a GET without a body: the vendor's SDK sends it (codearts-api.md 1).
        common_headers_(common_headers() + "Content-Type: application/json\r\n"),
        workspaces_(options.connections),
        api_(std::move(api)),
        credentials_(std::move(who)),
        hide_([this](std::string& words) { credentials_->hide(words); }) {
    if (!options.iam_project_id.empty()) common_headers_ += "X-Project-Id: " + options.iam_project_id + "\r\n";
  }

  awaitable<void> ask(watch::query const& what, observation& into) override {
    workspaces::lease const lease(workspaces_);
    workspace& work = *lease;
    base::instant now = clock_.now();
    addresses_.write(what, now.wall, work);
    base::time_point const deadline = std::min(now.mono + timeout_, what.deadline);
    std::uint64_t used = 0;
    for (bool again = false;; again = true) {
      if (stopped_) co_return give_up(model::fault::other, "stopped", into);
      if (!credentials_->ready(now)) {
        auto const problem = co_await credentials_->obtain(deadline);
        if (problem) co_return give_up(*problem, into);
        now = clock_.now();
      }
      net::request const request = prepare(work, now, deadline, used);
      auto const failure = co_await api_->send(request, work.answer);
      if (failure) co_return give_up(fault_of(failure->code), failure->text, into);
      read(what, work.answer, into);
      if (into.fault != model::fault::refused || again) co_return;
      auto const outcome = co_await credentials_->renew(used, deadline);
      if (outcome.problem) co_return explain(*outcome.problem, into);
      if (!outcome.changed) co_return;
      now = clock_.now();
    }
  }

  bool credential_changed() override { return credentials_->look_again(); }

  void stop() override {
    stopped_ = true;
    credentials_->stop();
    api_->close();
  }

 private:
  net::request prepare(workspace& work, base::instant now, base::time_point deadline, std::uint64_t& used) {
    work.headers.assign(common_headers_);
    used = credentials_->sign(work.canonical_address, now, work.headers);
    net::request out;
    out.target = work.target;
    out.headers = work.headers;
    out.deadline = deadline;
    return out;
  }

  void read(watch::query const& asked, net::response const& answer, observation& into) {
    raw_answer const raw{answer.status, answer.body, &hide_};
    switch (asked.what) {
      case watch::asks::build: read_build_info(raw, region_, into); break;
      case watch::asks::newest: read_running_status(raw, into); break;
      case watch::asks::list: read_build_list(raw, into); break;
      case watch::asks::record: read_build_record(raw, asked.build, into); break;
    }
    if (into.fault == model::fault::throttled) {
      into.retry_after = net::parse_retry_after(answer.retry_after, clock_.now().wall);
    } else if (into.fault == model::fault::refused) {
      if (auto const skew = clock_skew(answer.date, clock_.now().wall))
        into.text = one_line(*skew + " (" + into.text + ")");
    }
  }

  /// A refusal whose cure failed as well: the cure's failure first, it is what somebody can do something about.
  static void explain(trouble const& why, observation& into) {
    std::string const text = why.text + " (after " + into.text + ")";
    give_up(why.fault, text, into);
    into.retry_after = why.retry_after;
  }

  base::clock const& clock_;
  base::duration timeout_;
  std::string region_;
  addresses addresses_;
  std::string common_headers_;
  workspaces workspaces_;
  std::unique_ptr<net::client> api_;
  std::unique_ptr<credentials> credentials_;
  redaction hide_;
  bool stopped_ = false;
};

/// `options` with everything filled in that may be left out.
provider_options completed(provider_options options) {
  if (options.endpoint.host.empty()) options.endpoint = service_endpoint(options.region);
  if (auto* const iam = std::get_if<iam_auth>(&options.auth)) {
    if (iam->endpoint.host.empty()) iam->endpoint = iam_endpoint(options.region);
    if (iam->project.empty()) iam->project = options.region;
  } else if (auto* const ecs = std::get_if<ecs_auth>(&options.auth)) {
    if (ecs->endpoint.host.empty()) ecs->endpoint = metadata_endpoint();
  }
  return options;
}

/// Makes the credentials of each kind.
struct credential_maker {
  parts const& shared;
  provider_options const& options;
  std::unique_ptr<net::client>& client;

  using made = base::result<std::unique_ptr<credentials>>;

  made operator()(no_auth const&) const { return make_none(); }
  made operator()(aksk_auth const& what) const { return make_aksk(what, scope()); }
  made operator()(token_auth const& what) const { return make_token(what); }
  made operator()(iam_auth const& what) const {
    auto fetcher = make_iam(shared.net, what, std::move(client));
    if (fetcher.has_error()) return fetcher.error();
    return share(std::move(*fetcher));
  }
  made operator()(ecs_auth const& what) const { return share(make_ecs(shared.net, what, scope(), std::move(client))); }

 private:
  signing_scope scope() const { return {options.endpoint.host_header(), options.iam_project_id}; }
  std::unique_ptr<credentials> share(std::shared_ptr<credential_fetcher> from) const {
    fetching const how{shared.net, shared.log, options.name, options.timeout};
    return make_fetched(how, std::move(from));
  }
};

/// Where credentials are fetched from: through the provider's proxy and with its certificates from IAM, directly from
/// the metadata service. nullopt: nowhere.
std::optional<net::client_options> credential_origin(provider_options const& options) {
  net::client_options out;
  out.connections = 1;  // one fetch at a time
  if (auto const* const iam = std::get_if<iam_auth>(&options.auth)) {
    out.origin = iam->endpoint;
    out.tls = options.tls;
    out.proxy = options.proxy;
    return out;
  }
  if (auto const* const ecs = std::get_if<ecs_auth>(&options.auth)) {
    out.origin = ecs->endpoint;
    return out;
  }
  return std::nullopt;
}

}  // namespace

base::result<std::unique_ptr<watch::build_source>> make_source(parts const& shared, provider_options const& options,
                                                               clients over) {
  provider_options const full = completed(options);
  if (!full.iam_project_id.empty() && !fit_for_header(full.iam_project_id)) {
    return base::error{"provider " + full.name + ": iam_project_id holds a control character"};
  }
  credential_maker const maker{shared, full, over.credentials};
  auto who = std::visit(maker, full.auth);
  if (who.has_error()) return base::error{"provider " + full.name + ": " + who.error().text};
  return std::unique_ptr<watch::build_source>(
      std::make_unique<source>(shared.net, full, std::move(over.api), std::move(*who)));
}

base::result<std::unique_ptr<watch::build_source>> make_source(parts const& shared, provider_options const& options) {
  provider_options const full = completed(options);
  clients over;
  net::client_options api;
  api.origin = full.endpoint;
  api.tls = full.tls;
  api.proxy = full.proxy;
  api.connections = full.connections;
  auto made = net::make_client(shared.net, std::move(api));
  if (made.has_error()) return base::error{"provider " + full.name + ": " + made.error().text};
  over.api = std::move(*made);
  if (auto origin = credential_origin(full)) {
    made = net::make_client(shared.net, std::move(*origin));
    if (made.has_error()) return base::error{"provider " + full.name + ": " + made.error().text};
    over.credentials = std::move(*made);
  }
  return make_source(shared, full, std::move(over));
}

}  // namespace buildwatch::codearts
