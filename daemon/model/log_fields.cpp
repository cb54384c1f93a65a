#include "buildwatch/model/log_fields.hpp"

#include <string>

namespace buildwatch::model {

void add_fields(base::log_event& to, event const& e) {
  to.fields.emplace_back("event_id", e.id);
  to.fields.emplace_back("provider", e.provider);
  if (e.job) to.fields.emplace_back("job", e.job->name);
  if (!e.build) return;
  to.fields.emplace_back("build", std::to_string(e.build->number));
  if (e.build->outcome) to.fields.emplace_back("outcome", to_string(*e.build->outcome));
}

}  // namespace buildwatch::model
