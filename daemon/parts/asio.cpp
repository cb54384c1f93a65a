// The one unit in which Asio's non-template functions are compiled.
#include <boost/asio/impl/src.hpp>
