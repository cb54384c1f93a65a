#include "service/process_facts.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace buildwatch::service {
namespace {

/// Fields of /proc/self/stat from the third on: those before hold the program's name, in brackets.
std::vector<std::string> fields_of_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  auto const end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream rest(text.substr(end_of_name + 1));
  std::vector<std::string> all;
  for (std::string field; rest >> field;) all.push_back(field);
  return all;
}

/// The field of that number, by proc(5), where the first is 1. The first two are not among `fields`.
double number_in(std::vector<std::string> const& fields, std::size_t number) {
  return number - 3 < fields.size() ? std::stod(fields[number - 3]) : 0;
}

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::uint64_t open_descriptors() {
  std::error_code fault;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", fault);
  for (; !fault && at != std::filesystem::directory_iterator(); at.increment(fault)) ++count;
  return count > 0 ? count - 1 : 0;  // the folder's own is among them
}

}  // namespace

// /proc/stat, which tells when the machine was booted, is hidden from a service with ProcSubset=pid.
process_facts::process_facts()
    : started_(seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
               number_in(fields_of_stat(), 22) / ticks_per_second()) {}

web::process_metrics process_facts::now() const {
  web::process_metrics now;
  auto const fields = fields_of_stat();
  now.cpu_seconds = (number_in(fields, 14) + number_in(fields, 15)) / ticks_per_second();
  now.start_time = started_;
  now.virtual_bytes = static_cast<std::uint64_t>(number_in(fields, 23));
  now.resident_bytes =
      static_cast<std::uint64_t>(number_in(fields, 24)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  now.open_fds = open_descriptors();
  now.threads = static_cast<std::uint64_t>(number_in(fields, 20));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) now.max_fds = limit.rlim_cur;
  if (::getrlimit(RLIMIT_AS, &limit) == 0) now.max_virtual_bytes = limit.rlim_cur;
  return now;
}

}  // namespace buildwatch::service
