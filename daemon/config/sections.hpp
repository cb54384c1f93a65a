// One function for each section of the file: complains about all that is wrong, keeps what is right.
#pragma once

#include "config/cursor.hpp"
#include "config/draft.hpp"

namespace buildwatch::config {

void read_version(cursor const& c);
void read_store(cursor const& c, draft& into);
/// Where the store is without key `store`: in the state directory of the environment.
void place_store(context const& in, draft& into);
void read_retention(cursor const& c, draft& into);
void read_log(cursor const& c, draft& into);
void read_http(cursor const& c, draft& into);
void read_providers(cursor const& c, draft& into);
void read_defaults(cursor const& c, draft& into);
void read_job(cursor const& c, std::size_t index, draft& into);
void read_sinks(cursor const& c, draft& into);
void read_rules(cursor const& c, draft& into);
void read_includes(cursor const& c, draft& into);

// Parts of several sections.

/// Keys `poll`, `overdue_after`, `unreachable_after` and `catch_up` of `defaults` and of jobs.
class fields;
[[nodiscard]] some_times read_times(fields const& f);
/// A map of text to text, sorted by key.
[[nodiscard]] model::labels read_labels(cursor const& c);
[[nodiscard]] codearts::auth read_auth(cursor const& c, std::string const& region);
[[nodiscard]] net::tls_options read_tls(cursor const& c);
[[nodiscard]] sinks::webhook_options read_webhook(fields const& f);
[[nodiscard]] sinks::exec_options read_exec(fields const& f);

}  // namespace buildwatch::config
