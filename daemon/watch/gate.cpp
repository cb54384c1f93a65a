#include "watch/gate.hpp"

#include <algorithm>

namespace buildwatch::watch {

bool gate::throttled(base::time_point sent, base::time_point now, std::optional<base::duration> retry_after) {
  bool const asked_for = retry_after && *retry_after > base::duration::zero();
  base::duration const wanted = asked_for ? std::min(*retry_after, longest_asked_for) : base::duration::zero();
  if (sent <= began_) {  // was under way when the latest quiet began: no further step
    if (asked_for && trouble_ != trouble::none) opens_ = std::max(opens_, now + wanted);
    return false;
  }
  if (asked_for) return begin(trouble::throttled, now, wanted);
  base::duration const wait = std::min(first_backoff * (1 << std::min(step_, 8U)), longest_backoff);
  ++step_;
  return begin(trouble::throttled, now, wait);
}

bool gate::refused(base::time_point sent, base::time_point now) {
  // A refusal of a request from before a back-off is news all the same; from before a pause, or a good answer since, it
  // is none.
  if (trouble_ != trouble::throttled && sent <= began_) return false;
  return begin(trouble::refused, now, pause);
}

bool gate::renewed(base::time_point now) {
  if (!pauses(now)) return false;
  opens_ = now;
  return true;
}

// Both let a request that leaves at `now` itself be the first that counts.

void gate::recall_refusal(base::time_point opens, base::time_point since, base::time_point now) {
  trouble_ = trouble::refused;
  cautious_ = true;
  since_ = since;
  began_ = now - base::duration(1);
  opens_ = opens;
}

void gate::other_credential(bool cautious, base::time_point now) {
  if (trouble_ == trouble::refused) {
    trouble_ = trouble::none;
    step_ = 0;
    opens_ = std::min(opens_, now);
  }
  cautious_ = cautious || trouble_ != trouble::none;
  began_ = std::max(began_, now - base::duration(1));
}

bool gate::begin(trouble what, base::time_point now, base::duration wait) {
  bool const news = trouble_ != what;
  if (trouble_ == trouble::none) since_ = now;
  trouble_ = what;
  cautious_ = true;
  began_ = now;
  opens_ = std::max(opens_, now + wait);
  return news;
}

gate::ended gate::heard(base::time_point sent) {
  if (sent <= began_) return {};
  ended const over{trouble_, since_};
  trouble_ = trouble::none;
  cautious_ = false;
  step_ = 0;
  return over;
}

}  // namespace buildwatch::watch
