#include "buildwatch/base/exception_text.hpp"

namespace buildwatch::base {

std::string text_of(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (std::exception const& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace buildwatch::base
