// What the engine tells the log: state changes, never single polls.
#include <utility>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

// So many jobs of a provider are named in the log when they fail; then one line says that there are more.
constexpr std::uint32_t jobs_named = 20;
constexpr base::duration complaint_interval = std::chrono::minutes(1);

// Causes that the provider's own line has told already.
bool told_by_gate(model::fault f) { return f == model::fault::throttled || f == model::fault::refused; }

}  // namespace

void engine::state::say(commands& out) {
  for (base::log_event& e : to_say) out.logs.push_back(std::move(e));
  to_say.clear();
}

void engine::state::log_job(job_index job, base::log_level level, std::string_view id, std::string text,
                            commands& out) const {
  log_build(job, what.jobs[job].build, level, id, std::move(text), out);
}

void engine::state::log_build(job_index job, std::uint32_t build, base::log_level level, std::string_view id,
                              std::string text, commands& out) const {
  job_options const& how = what.jobs[job];
  base::log_event line{level, id, std::move(text), {}};
  line.fields = {{"job", how.name}, {"provider", what.providers[how.provider].name}};
  if (build != 0) line.fields.push_back({"build", std::to_string(build)});
  out.logs.push_back(std::move(line));
}

void engine::state::log_provider(provider_index which, base::log_level level, std::string_view id, std::string text,
                                 commands& out) const {
  out.logs.push_back({level, id, std::move(text), {{"provider", what.providers[which].name}}});
}

void engine::state::log_other_credential(provider_index which, commands& out) const {
  log_provider(which, base::log_level::info, "provider.credential_changed",
               "provider " + what.providers[which].name + ": has another credential, and is asked again", out);
}

/// `again`: when what failed is asked again.
void engine::state::log_failure(job_index job, bool news, base::time_point again, base::time_point now, commands& out) {
  trouble& t = *jobs[job].trouble;
  provider_state& p = provider_of(job);
  bool const elsewhere =
      told_by_gate(t.fault) || (t.fault == model::fault::no_connection && p.cause_logged && !t.logged);
  bool const folded = !t.logged && p.logged >= jobs_named;
  bool const loud = !elsewhere && !folded;
  // A cause that was not named above debug before is news there.
  bool const told = loud ? t.reminder.worth_a_line(news || !t.logged, now) : news;
  if (!told) return;
  std::string const& name = what.jobs[job].name;
  base::duration const wait = again > now ? again - now : base::duration::zero();
  log_job(job, loud ? base::log_level::warn : base::log_level::debug, "poll.failed",
          "job " + name + ": " + t.text + "; next try in " + model::wait_for_people(wait), out);
  if (loud) {
    if (!std::exchange(t.logged, true)) ++p.logged;
    if (t.fault == model::fault::no_connection) p.cause_logged = true;
    if (p.logged < jobs_named) p.folding = false;
  } else if (folded && !elsewhere && !std::exchange(p.folding, true)) {
    provider_index const which = what.jobs[job].provider;
    log_provider(which, base::log_level::warn, "poll.failed_more",
                 "provider " + what.providers[which].name + ": more than " + std::to_string(jobs_named) +
                     " jobs fail; the others are named at level debug",
                 out);
  }
}

void engine::state::log_gate(job_index job, model::observation const& seen, base::time_point now, commands& out) const {
  job_options const& how = what.jobs[job];
  provider_state const& p = providers[how.provider];
  std::string const met =
      "provider " + what.providers[how.provider].name + ": " + seen.text + " (job " + how.name + ")";
  std::string const wait = model::wait_for_people(p.gate.opens() - now);
  if (p.gate.now_in() == gate::trouble::refused) {
    log_job(job, base::log_level::error, "provider.refused",
            met + "; its credentials were refused: nothing is asked for " + wait +
                ", then one request at a time as a trial; check its auth",
            out);
  } else {
    log_job(job, base::log_level::warn, "provider.throttled",
            met + "; nothing is asked for " + wait + ", then one request at a time until a good answer", out);
  }
}

void engine::state::log_journal(committed const& in, base::time_point now, commands& out) {
  if (complained_at != track::never && now - complained_at < complaint_interval) return;
  complained_at = now;
  std::string why = in.why.empty() ? std::string() : ": " + std::string(in.why);
  out.logs.push_back({base::log_level::error,
                      "journal.failed",
                      "a transition could not be stored" + why +
                          "; nothing was announced, the next poll finds it again (said once a minute)",
                      {}});
}

}  // namespace buildwatch::watch
