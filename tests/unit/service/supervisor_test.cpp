// What systemd is told, by a socket that stands in for its own.
#include "service/supervisor.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/support/fakes.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

class supervised : public ::testing::Test {
 protected:
  supervised() {
    char folder[] = "/tmp/buildwatch-notify-XXXXXX";
    folder_ = ::mkdtemp(folder);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string const path = folder_ + "/socket";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~supervised() override {
    for (char const* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }
  /// What has come since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    std::array<char, 4096> bytes{};
    for (;;) {
      auto const n = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (n < 0) return all;
      all.emplace_back(bytes.data(), static_cast<std::size_t>(n));
    }
  }

  std::string folder_;
  int socket_ = -1;
  testing::manual_clock clock_;
  testing::idle_waker waker_;
  base::alarms alarms_{waker_};
};

TEST_F(supervised, tells_of_readiness_status_reload_and_stop) {
  supervisor systemd(clock_, alarms_);
  systemd.ready();
  systemd.status("watching 2 jobs");
  systemd.status("watching 2 jobs");
  systemd.stopping();
  EXPECT_EQ(told(), (std::vector<std::string>{"READY=1", "STATUS=watching 2 jobs", "STOPPING=1"}))
      << "the same status is told once";
  systemd.reloading();
  EXPECT_TRUE(told().at(0).starts_with("RELOADING=1\nMONOTONIC_USEC="));
}

TEST_F(supervised, feeds_the_watchdog_from_the_loop_three_times_in_its_period) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  supervisor systemd(clock_, alarms_);
  EXPECT_TRUE(told().empty()) << "not before it is ready";
  systemd.ready();
  for (int second = 0; second < 30; ++second) {
    clock_.advance(1s);
    alarms_.run(clock_.now().mono);
  }
  EXPECT_EQ(told(), (std::vector<std::string>{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"}));
  clock_.advance(30s);
  EXPECT_TRUE(told().empty()) << "a loop that does not turn is not fed for";
}

TEST_F(supervised, says_nothing_without_a_service_manager) {
  ::unsetenv("NOTIFY_SOCKET");
  supervisor systemd(clock_, alarms_);
  systemd.ready();
  systemd.stopping();
  EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace buildwatch::service
