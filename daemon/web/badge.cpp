#include <fmt/format.h>

#include "web/feeds.hpp"
#include "web/xml_text.hpp"

namespace buildwatch::web {
namespace {

struct look {
  std::string_view word;
  std::string_view colour;  // white text on it has a contrast of 4.5 and more
};

look look_of(job_view const& j) {
  constexpr std::string_view grey = "#5f6670";
  if (j.state == job_state::not_found) return {"not found", grey};
  if (j.state == job_state::unreachable) return {"unreachable", grey};
  if (!j.finished || !j.finished->outcome) return {j.state == job_state::running ? "running" : "no builds", grey};
  switch (*j.finished->outcome) {
    case model::outcome::success: return {"passing", "#1a7f37"};
    case model::outcome::failure: return {"failing", "#c62828"};
    case model::outcome::unstable: return {"unstable", "#9a6700"};
    case model::outcome::aborted: return {"aborted", grey};
    case model::outcome::unknown: break;
  }
  return {"unknown", grey};
}

// About what such letters take at 11 px; textLength makes them fit exactly.
std::size_t width_of(std::string_view text) { return text.size() * 7; }

std::string text_at(std::size_t left, std::string_view text) {
  return fmt::format(R"(<text x="{}" y="14" textLength="{}">{}</text>)", left, width_of(text), escaped(text));
}

}  // namespace

std::string badge_svg(job_view const& j) {
  look const is = look_of(j);
  std::string const said = escaped(fmt::format("{}: {}", j.job.name, is.word));
  std::size_t const name = width_of(j.job.name) + 12;
  std::size_t const all = name + width_of(is.word) + 12;
  return fmt::format(R"x(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="20" role="img" aria-label="{1}">)x"
                     R"x(<title>{1}</title><clipPath id="r"><rect width="{0}" height="20" rx="3"/></clipPath>)x"
                     R"x(<g clip-path="url(#r)"><rect width="{2}" height="20" fill="#3a3f46"/>)x"
                     R"(<rect x="{2}" width="{3}" height="20" fill="{4}"/></g>)"
                     R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{5}{6}</g></svg>)",
                     all, said, name, all - name, is.colour, text_at(6, j.job.name), text_at(name + 6, is.word));
}

}  // namespace buildwatch::web
