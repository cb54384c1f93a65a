// Which hosts belong to a region.
#include "buildwatch/codearts/options.hpp"

namespace buildwatch::codearts {
namespace {

/// The one European region has its own domain, and its own name for the build service.
constexpr std::string_view european = "eu-west-101";

net::url address(bool tls, std::string host, std::uint16_t port) {
  net::url out;
  out.tls = tls;
  out.host = std::move(host);
  out.port = port;
  out.target = base::secret("/");
  return out;
}

}  // namespace

net::url service_endpoint(std::string_view region) {
  if (region == european) return address(true, "build-backend.eu-west-101.myhuaweicloud.eu", 443);
  return address(true, "cloudbuild-ext." + std::string(region) + ".myhuaweicloud.com", 443);
}

net::url iam_endpoint(std::string_view region) {
  std::string_view const domain = region == european ? ".myhuaweicloud.eu" : ".myhuaweicloud.com";
  return address(true, "iam." + std::string(region) + std::string(domain), 443);
}

net::url metadata_endpoint() { return address(false, "169.254.169.254", 80); }

}  // namespace buildwatch::codearts
