#include "buildwatch/base/version.hpp"

namespace buildwatch::base {

std::string_view version() { return BUILDWATCH_VERSION; }

}  // namespace buildwatch::base
