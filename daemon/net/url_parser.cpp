// Boost.URL's functions, compiled here once: Debian ships them as a library of their own, which one parser call does
// not need.
#include <boost/url/src.hpp>
