// What Boost.JSON's parser does not have in its headers, compiled here once: Debian ships it as a library of its own,
// which one parser does not need.
#include <boost/json/src.hpp>
