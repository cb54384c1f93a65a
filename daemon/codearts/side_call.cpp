#include "codearts/side_call.hpp"

#include "buildwatch/base/version.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/problem.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {
namespace {

trouble about(std::string_view side, model::fault fault, std::string_view what) {
  trouble out;
  out.fault = fault;
  out.text = one_line(std::string(side).append(": ").append(what));
  return out;
}

model::fault fault_of_status(unsigned status) {
  switch (status) {
    case 400:
    case 401:
    case 403:
    case 404: return model::fault::refused;
    case 429:
    case 503: return model::fault::throttled;
    default: return model::fault::other;
  }
}

}  // namespace

model::fault fault_of(net::errc code) {
  return code == net::errc::no_connection ? model::fault::no_connection : model::fault::other;
}

trouble no_answer(std::string_view side, net::failure const& why) { return about(side, fault_of(why.code), why.text); }

trouble bad_answer(std::string_view side, net::response const& answer, redaction const& hide, base::instant now) {
  raw_answer const raw{answer.status, answer.body, &hide};
  trouble out = about(side, fault_of_status(answer.status), problem(raw, read_reply(answer.body, {})));
  if (out.fault == model::fault::throttled) out.retry_after = net::parse_retry_after(answer.retry_after, now.wall);
  return out;
}

trouble odd_answer(std::string_view side, std::string_view what) { return about(side, model::fault::other, what); }

std::string common_headers() {
  return "Accept: application/json\r\nUser-Agent: buildwatchd/" + std::string(base::version()) + "\r\n";
}

}  // namespace buildwatch::codearts
