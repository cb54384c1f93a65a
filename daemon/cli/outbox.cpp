// `buildwatchd outbox`: what waits and what is dead; trying it again, dropping it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/records.hpp"
#include "buildwatch/service/system_clock.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {
namespace {

constexpr std::size_t page_size = 200;

void print(store::receipt const& r, bool json) {
  json ? base::print_line(stdout, service::as_json(r)) : tell(service::for_people(r));
}

/// Says which names stand for nothing; -> how to end.
int complain(std::string_view command, auto const& unknown) {
  for (auto const& name : unknown) {
    base::print_line(stderr, fmt::format("buildwatchd {}: nothing that waits or is dead is named '{}'", command, name));
  }
  return unknown.empty() ? done : failed;
}

using edit = base::result<store::editor::outcome> (store::editor::*)(std::vector<store::editor::name> const&,
                                                                     base::wall_time);

/// Has the editor do it, and shows what it did.
int change(common_options const& common, outbox_options const& options, std::string_view command, edit how) {
  auto const what = load_quietly(common, secrets::unread);
  if (!what) return wrong_configuration;
  auto const found = look_into(*what, command);
  if (!found.reader) return found.exit == done ? complain(command, options.names) : found.exit;
  auto const editor = store::editor::open(what->store.path);
  auto const trouble = [&](base::error const& e) {
    base::print_line(stderr, fmt::format("buildwatchd {}: {}", command, e.text));
    return failed;
  };
  if (!editor) return trouble(editor.error());
  auto const outcome = (**editor.*how)(options.names, service::system_clock().now().wall);
  if (!outcome) return trouble(outcome.error());
  for (auto const& r : outcome->changed) print(r, options.json);
  return complain(command, outcome->unknown);
}

}  // namespace

int outbox_list(common_options const& common, outbox_options const& options) {
  auto const what = load_quietly(common, secrets::unread);
  if (!what) return wrong_configuration;
  auto const found = look_into(*what, "outbox list");
  if (!found.reader && found.exit != done) return found.exit;
  std::set<std::string> unknown(options.names.begin(), options.names.end());
  std::set<std::string> const wanted = unknown;
  auto const named = [&](std::string const& name) { return unknown.erase(name) > 0 || wanted.contains(name); };
  notify::delivery_number after = 0;
  while (found.reader && std::ferror(stdout) == 0) {
    auto const page = found.reader->undelivered(after, page_size);
    if (page.empty()) break;
    for (auto const& r : page) {
      bool const by_number = named(std::to_string(r.number));
      bool const by_event = named(r.event_id);
      if (wanted.empty() || by_number || by_event) print(r, options.json);
    }
    after = page.back().number;
  }
  return complain("outbox list", unknown);
}

int outbox_retry(common_options const& common, outbox_options const& options) {
  if (options.all && !options.names.empty()) {
    base::print_line(stderr, "buildwatchd outbox retry: expected IDs or --all, not both");
    return wrong_usage;
  }
  return change(common, options, "outbox retry", &store::editor::retry);
}

int outbox_drop(common_options const& common, outbox_options const& options) {
  if (options.all == !options.names.empty()) {
    base::print_line(stderr, "buildwatchd outbox drop: expected IDs, or --all for all that waits and is dead");
    return wrong_usage;
  }
  return change(common, options, "outbox drop", &store::editor::drop);
}

}  // namespace buildwatch::cli
