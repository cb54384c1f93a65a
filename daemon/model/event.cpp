#include "buildwatch/model/event.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

namespace buildwatch::model {
namespace {

constexpr std::array<std::string_view, 7> type_names{"build.started",     "build.finished", "build.overdue",
                                                     "job.unreachable",   "job.recovered",  "provider.unreachable",
                                                     "provider.recovered"};
constexpr std::array<std::string_view, 4> change_names{"broken", "fixed", "still_failing", "still_passing"};

// The namespace of our ids (RFC 4122, section 4.3). Never changes: receivers know events by what follows from it.
constexpr boost::uuids::uuid id_space{
    {0x9d, 0x1c, 0x5e, 0x0a, 0x3f, 0x6b, 0x4c, 0x27, 0x8a, 0x44, 0xb1, 0x0d, 0x57, 0xe2, 0x6c, 0x93}};

bool passes(outcome o) { return o == outcome::success; }
bool fails(outcome o) { return o == outcome::failure || o == outcome::unstable; }

}  // namespace

std::optional<base::duration> length_of(build const& b) {
  auto const& begin = b.started_at ? b.started_at : b.first_seen_running;
  if (!begin || !b.finished_at || *b.finished_at <= *begin) return std::nullopt;
  return *b.finished_at - *begin;
}

std::optional<change> change_of(outcome now, std::optional<previous_build> const& before, bool overtaken) {
  if (overtaken || !before || (!passes(now) && !fails(now))) return std::nullopt;
  if (passes(now)) return passes(before->outcome) ? change::still_passing : change::fixed;
  return passes(before->outcome) ? change::broken : change::still_failing;
}

std::string_view to_string(event_type t) { return type_names[static_cast<std::size_t>(t)]; }
std::string_view to_string(change c) { return change_names[static_cast<std::size_t>(c)]; }

std::string event_id(std::string_view provider, std::string_view job_id, std::int64_t discriminator, event_type type) {
  // A line break stands in no part, so different parts never make the same name.
  std::string const name = fmt::format("{}\n{}\n{}\n{}", provider, job_id, discriminator, to_string(type));
  boost::uuids::name_generator_sha1 generator(id_space);
  boost::uuids::uuid const id = generator(name.data(), name.size());
  return fmt::format("evt_{:02x}", fmt::join(id.begin(), id.end(), ""));
}

std::string for_people(base::duration d) {
  using namespace std::chrono;
  auto const s = duration_cast<seconds>(d).count();
  if (s < 60) return fmt::format("{} s", s < 0 ? 0 : s);
  if (s < 3600) return s % 60 == 0 ? fmt::format("{} min", s / 60) : fmt::format("{} min {} s", s / 60, s % 60);
  auto const m = s / 60;
  if (m < 24 * 60) return m % 60 == 0 ? fmt::format("{} h", m / 60) : fmt::format("{} h {} min", m / 60, m % 60);
  auto const h = m / 60;
  return h % 24 == 0 ? fmt::format("{} d", h / 24) : fmt::format("{} d {} h", h / 24, h % 24);
}

std::string wait_for_people(base::duration d) {
  using namespace std::chrono;
  if (d < seconds(1)) return fmt::format("{} ms", ceil<milliseconds>(d).count());
  return for_people(ceil<seconds>(d));
}

std::string to_rfc3339(base::wall_time t) {
  auto const s = std::chrono::floor<std::chrono::seconds>(t);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(s)),
                     (t - s).count());
}

}  // namespace buildwatch::model
