#include "codearts/poll_signer.hpp"

namespace buildwatch::codearts {

poll_signer::poll_signer(signing_scope scope, std::string_view access_key, base::secret const& secret_key,
                         std::string_view security_token)
    : scope_(std::move(scope)),
      security_token_(security_token),
      signer_(std::string(access_key), secret_key),
      signed_headers_("host") {
  if (!scope_.project_id.empty()) signed_headers_ += ";x-project-id";
  signed_headers_ += ";x-sdk-date";
  if (!security_token_.empty()) signed_headers_ += ";x-security-token";
}

void poll_signer::begin_second(std::chrono::sys_seconds second) {
  second_ = second;
  date_ = sdk_date(second);
  // The headers in the order of their names.
  below_address_ = "\nhost:" + scope_.host + '\n';
  if (!scope_.project_id.empty()) below_address_ += "x-project-id:" + scope_.project_id + '\n';
  below_address_ += "x-sdk-date:" + date_ + '\n';
  if (!security_token_.empty()) below_address_ += "x-security-token:" + security_token_ + '\n';
  below_address_.append(1, '\n').append(signed_headers_).append(1, '\n').append(empty_body_hash);

  lines_ = "X-Sdk-Date: " + date_ + "\r\n";
  if (!security_token_.empty()) lines_ += "X-Security-Token: " + security_token_ + "\r\n";
  lines_ += "Authorization: ";
}

void poll_signer::sign(std::string_view canonical_address, base::wall_time now, std::string& headers) {
  if (auto const second = std::chrono::floor<std::chrono::seconds>(now); second != second_) begin_second(second);
  canonical_.assign("GET\n").append(canonical_address).append(below_address_);
  headers += lines_;
  signer_.authorize(canonical_, signed_headers_, date_, headers);
  headers += "\r\n";
}

}  // namespace buildwatch::codearts
