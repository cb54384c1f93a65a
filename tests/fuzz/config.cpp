// Any bytes as a configuration: no crash, no endless work, and what is said of them holds together. Nothing of the
// machine is touched: files are the input itself, the environment is made up.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "config/load.hpp"

namespace {

using namespace buildwatch;

/// A file system in which only the main file, a secret and an empty file exist, and every program can be run.
class made_up_files final : public config::files {
 public:
  explicit made_up_files(std::string main) : main_(std::move(main)) {}

  base::result<std::string> read(std::string const& path, std::size_t limit) const override {
    if (path == "/main.yaml" && main_.size() <= limit) return {boost::system::in_place_value, main_};
    if (path.ends_with("secret")) return {boost::system::in_place_value, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"};
    if (path.ends_with("empty")) return {boost::system::in_place_value, ""};
    return base::error{"No such file or directory"};
  }
  std::optional<std::string> not_runnable(std::string const&) const override { return std::nullopt; }
  base::result<std::vector<std::string>> matching(std::string const&) const override {
    return std::vector<std::string>{"/empty", "/main.yaml", "/missing", "/secret"};
  }
  std::string absolute(std::string const& path) const override { return path; }
  std::string identity(std::string const& path) const override { return path; }

 private:
  std::string main_;
};

config::environment made_up_world() {
  config::environment world;
  world.variable = [](std::string const& name) -> std::optional<std::string> {
    if (name == "SET") return "5s";
    if (name == "PATH") return "/bin";
    if (name == "HOME") return "/home";
    return std::nullopt;
  };
  world.credentials_dir = "/credentials";
  return world;
}

void check_http(config::settings const& s) {
  if (s.by_name.size() != s.watch.jobs.size()) std::abort();
  for (std::size_t i = 1; i < s.by_name.size(); ++i) {
    if (s.watch.jobs[s.by_name[i - 1]].name >= s.watch.jobs[s.by_name[i]].name) std::abort();
  }
  if (!s.http) return;
  if (!s.http->listen.loopback() && s.http->token.empty()) std::abort();
  if (s.http->connections == 0 || s.http->token.reveal().find('\n') != std::string::npos) std::abort();
}

/// What must hold whatever the input was.
void check(config::loaded const& result) {
  bool error = false;
  for (auto const& c : result.complaints) {
    error = error || !c.warning;
    if (c.file.empty() || c.text.empty() || (c.line == 0) != (c.column == 0)) std::abort();
    for (char const b : config::to_string(c)) {
      if (static_cast<unsigned char>(b) < 0x20) std::abort();
    }
  }
  if (result.settings.has_value() == error) std::abort();
  if (!result.settings) return;
  if (result.settings->providers.size() != result.settings->watch.providers.size()) std::abort();
  for (auto const& j : result.settings->watch.jobs) {
    // Build 0: each new build is followed.
    if (!j.times || !j.labels || j.build > 2147483647 || j.job_id.view().size() != 32) std::abort();
    if (j.provider >= result.settings->providers.size()) std::abort();
  }
  check_http(*result.settings);
  auto const& sinks = result.settings->sinks;
  for (auto const& s : sinks) {
    std::string const* next = &s.delivery.fallback;
    for (std::size_t steps = 0; !next->empty(); ++steps) {
      auto const same = [&](auto const& other) { return other.delivery.name == *next; };
      auto const at = std::find_if(sinks.begin(), sinks.end(), same);
      if (at == sinks.end() || steps > sinks.size()) std::abort();
      next = &at->delivery.fallback;
    }
  }
  if (!result.settings->store.path.starts_with('/') || result.settings->store.builds == 0) std::abort();
  if (!result.settings->rules) return;
  for (auto const& r : *result.settings->rules) {
    if (r.to.empty()) std::abort();
    for (auto const to : r.to) {
      if (to >= result.settings->sinks.size()) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(reinterpret_cast<char const*>(data), size);
  std::shared_ptr<config::files const> const disk = std::make_shared<made_up_files const>(std::move(text));
  auto const world = made_up_world();
  check(config::load_from("/main.yaml", world, disk));
  return 0;
}
