// A watched job, and what names it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace buildwatch::model {

/// Labels of a job, sorted by key, each key once.
using labels = std::vector<std::pair<std::string, std::string>>;

/// The identity of a job as events show it.
struct job {
  std::string name;      ///< unique in a configuration; may be renamed without loss of state
  std::string provider;  ///< name of the provider; with job_id the identity that state belongs to
  std::string job_id;    ///< 32 letters and digits
  model::labels labels;
};

}  // namespace buildwatch::model
