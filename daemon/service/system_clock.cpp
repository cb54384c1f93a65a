#include "buildwatch/service/system_clock.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace buildwatch::service {
namespace {

base::time_point boot_now() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return base::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

int make_timer() {
  int const fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  return fd;
}

}  // namespace

base::instant system_clock::now() const {
  auto const wall = std::chrono::system_clock::now();
  return {boot_now(), std::chrono::floor<std::chrono::milliseconds>(wall)};
}

// Shared with the handler that waits on the timer: it may run once more after the timer is gone.
struct boot_timer::state : std::enable_shared_from_this<boot_timer::state> {
  state(boost::asio::any_io_executor executor, base::clock const& c, base::waker& w)
      : clock(c), alarms(w), timer(std::move(executor), make_timer()) {}

  void wait() {
    timer.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code ec) {
                       if (ec || self->closed) return;
                       std::uint64_t rings = 0;
                       // Nothing to read means that the timer was set anew meanwhile: run() finds nothing due.
                       [[maybe_unused]] auto const n = ::read(self->timer.native_handle(), &rings, sizeof rings);
                       self->wait();  // first: an alarm may throw
                       self->alarms.run(self->clock.now().mono);
                     });
  }

  base::clock const& clock;
  base::alarms alarms;
  boost::asio::posix::stream_descriptor timer;
  bool closed = false;
};

boot_timer::boot_timer(boost::asio::any_io_executor executor, base::clock const& clock)
    : state_(std::make_shared<state>(std::move(executor), clock, *this)) {
  state_->wait();
}

boot_timer::~boot_timer() { close(); }

base::alarms& boot_timer::alarms() { return state_->alarms; }

void boot_timer::wake_at(base::time_point when) {
  if (state_->closed) return;
  itimerspec spec{};  // all zero disarms
  if (when != base::time_point::max()) {
    // Zero would disarm: a time in the past rings at once with the smallest step instead.
    auto const since_boot = std::max<base::duration>(when.time_since_epoch(), std::chrono::nanoseconds(1));
    auto const s = std::chrono::floor<std::chrono::seconds>(since_boot);
    spec.it_value.tv_sec = s.count();
    spec.it_value.tv_nsec = (since_boot - s).count();
  }
  timerfd_settime(state_->timer.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void boot_timer::close() {
  if (state_->closed) return;
  state_->closed = true;
  boost::system::error_code ignored;
  state_->timer.close(ignored);
}

}  // namespace buildwatch::service
