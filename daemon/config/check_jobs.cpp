#include <algorithm>
#include <numeric>
#include <tuple>

#include "config/checks.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

std::string path_of(draft_job const& j, std::string_view key) {
  return "jobs[" + std::to_string(j.index) + "]." + std::string(key);
}

/// "line 12", or "line 12 of jobs.d/a.yaml" where that is another file.
std::string place(draft const& d, spot const& there, std::uint32_t here) {
  std::string text = "line " + std::to_string(there.at.line);
  if (there.file != here) text += " of " + d.files[there.file]->name;
  return text;
}

void error(draft const& d, complaints& out, draft_job const& j, mark at, std::string_view key, std::string text) {
  out.error(*d.files[j.at.file], at, path_of(j, key), std::move(text));
}

/// Index of the provider each name of draft::provider_names stands for; -1: of none.
std::vector<std::int64_t> providers_by_name(draft const& d) {
  std::vector<std::int64_t> found(d.provider_names.size(), -1);
  for (std::size_t n = 1; n < found.size(); ++n) {
    auto const same = [&](draft_provider const& p) { return p.provider.name == d.provider_names[n]; };
    auto const at = std::ranges::find_if(d.providers, same);
    if (at != d.providers.end()) found[n] = at - d.providers.begin();
  }
  return found;
}

void find_providers(draft& d, complaints& out) {
  std::vector<std::string_view> names;
  for (auto const& p : d.providers) names.emplace_back(p.provider.name);
  auto const found = providers_by_name(d);
  for (auto& j : d.jobs) {
    if (j.provider_name == unknown_provider) continue;
    if (j.provider_name > 0 && found[j.provider_name] < 0) {
      std::string const& name = d.provider_names[j.provider_name];
      error(d, out, j, j.provider_at, "provider",
            "there is no such provider" + did_you_mean(name, names) + "; known: " + one_of(names, ", "));
    } else if (j.provider_name > 0) {
      j.job.provider = static_cast<std::uint32_t>(found[j.provider_name]);
    } else if (names.size() > 1) {
      error(d, out, j, j.at.at, "provider", "is missing, and there are several: " + one_of(names, ", "));
    }
  }
}

/// Complains about each of `order` (sorted) that is the same as the one before it.
template <class Same, class Complain>
void find_twins(draft const& d, std::vector<std::uint32_t> const& order, Same same, Complain complain) {
  std::size_t first = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (same(d.jobs[order[first]], d.jobs[order[i]])) {
      complain(d.jobs[order[first]], d.jobs[order[i]]);
    } else {
      first = i;
    }
  }
}

void find_twin_names(draft const& d, std::vector<std::uint32_t> order, complaints& out) {
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) -> std::string const& { return d.jobs[i].job.name; });
  auto const same = [](draft_job const& a, draft_job const& b) {
    return a.job.name == b.job.name && !a.job.name.empty();
  };
  find_twins(d, order, same, [&](draft_job const& a, draft_job const& b) {
    error(d, out, b, b.name_at, "name",
          "another job has this name already: " + place(d, {a.at.file, a.name_at}, b.at.file));
  });
}

void find_twin_builds(draft const& d, std::vector<std::uint32_t> order, complaints& out) {
  std::erase_if(order, [&](std::uint32_t i) { return !d.jobs[i].build_known || d.jobs[i].job.job_id.empty(); });
  auto const what = [](draft_job const& j) { return std::tie(j.job.provider, j.job.job_id, j.job.build); };
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return what(d.jobs[a]) < what(d.jobs[b]); });
  // One that is followed (build 0) stands before those that watch a number, and is the same as each of them.
  auto const same = [](draft_job const& a, draft_job const& b) {
    return a.job.provider == b.job.provider && a.job.job_id == b.job.job_id &&
           (a.job.build == b.job.build || a.job.build == 0);
  };
  find_twins(d, order, same, [&](draft_job const& a, draft_job const& b) {
    bool const in_order = &a < &b;  // as in the files
    draft_job const& first = in_order ? a : b;
    draft_job const& second = in_order ? b : a;
    std::string const text = a.job.build != 0 ? "another job watches this build of this provider already: "
                                              : "this job of this provider is watched already, and only different "
                                                "build numbers may stand side by side: ";
    error(d, out, second, second.job_id_at, "job_id",
          text + place(d, {first.at.file, first.job_id_at}, second.at.file));
  });
}

}  // namespace

void check_jobs(draft& d, complaints& out) {
  source const& main = *d.files.front();
  if (!d.any_job && !d.incomplete) out.warning(main, d.jobs_at, "jobs", "there is none, so nothing is watched");
  if (!d.jobs.empty() && d.providers.empty()) {
    if (!d.incomplete) out.error(main, d.providers_at, "providers", "there is none, and jobs need one");
  } else {
    find_providers(d, out);
  }
  std::vector<std::uint32_t> order(d.jobs.size());
  std::iota(order.begin(), order.end(), 0U);
  find_twin_names(d, order, out);
  find_twin_builds(d, std::move(order), out);
}

}  // namespace buildwatch::config
