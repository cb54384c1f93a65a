// Answers what was let in, from the ports.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "buildwatch/web/options.hpp"
#include "buildwatch/web/server.hpp"
#include "web/answer.hpp"
#include "web/router.hpp"
#include "web/target.hpp"

namespace buildwatch::web {

/// Loop thread only.
class desk {
 public:
  desk(server_parts const& parts, options const& rules, server_metrics const& counted)
      : parts_(parts), rules_(rules), counted_(counted) {}

  /// Anything but an event stream. `root`: address of the page as the asker calls it, for links.
  [[nodiscard]] boost::asio::awaitable<answer> answer_to(route where, target to, std::string root) const;

 private:
  [[nodiscard]] answer at_once(route const& where, target const& to, std::string root) const;
  [[nodiscard]] answer jobs(target const& to) const;
  [[nodiscard]] answer job(std::string const& name) const;
  [[nodiscard]] answer badge(std::string const& name) const;
  [[nodiscard]] boost::asio::awaitable<answer> health(bool ready) const;
  [[nodiscard]] boost::asio::awaitable<answer> builds(std::string name, target to) const;
  [[nodiscard]] boost::asio::awaitable<answer> sinks() const;
  [[nodiscard]] boost::asio::awaitable<answer> events(target to) const;

  server_parts const& parts_;
  options const& rules_;
  server_metrics const& counted_;
};

}  // namespace buildwatch::web
