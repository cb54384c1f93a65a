#include "config/path.hpp"

#include "config/wording.hpp"

namespace buildwatch::config {

std::string path::text() const {
  if (up_ == nullptr) return {};
  std::string all = up_->text();
  if (is_index_) return all.append("[").append(std::to_string(index_)).append("]");
  if (!all.empty()) all += '.';
  return all + cleaned(key_, 100);
}

}  // namespace buildwatch::config
