// Expected failures: a value or an error that says, in words a user can act on, what went wrong.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace buildwatch::base {

/// An expected failure. `text` is shown to users: it holds no secret.
struct error {
  std::string text;
};

[[noreturn]] inline void throw_exception_from_error(error const& e, boost::source_location const&) {
  throw std::runtime_error(e.text);
}

template <class T>
using result = boost::system::result<T, error>;

}  // namespace buildwatch::base
