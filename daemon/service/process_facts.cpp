#include "service/process_facts.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
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

/// When the machine was booted, in seconds since the epoch (`btime` of /proc/stat).
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string key; file >> key;) {
    double seconds = 0;
    if (key == "btime" && file >> seconds) return seconds;
    std::getline(file, key);
  }
  return 0;
}

std::uint64_t open_descriptors() {
  std::error_code fault;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", fault);
  for (; !fault && at != std::filesystem::directory_iterator(); at.increment(fault)) ++count;
  return count > 0 ? count - 1 : 0;  // the folder's own is among them
}

}  // namespace

web::process_metrics process_facts() {
  web::process_metrics now;
  auto const ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  auto const fields = fields_of_stat();
  // By proc(5), counted from 1: utime 14, stime 15, starttime 22, vsize 23, rss 24. The first two are not among them.
  auto const field = [&](std::size_t number) { return number - 3 < fields.size() ? std::stod(fields[number - 3]) : 0; };
  now.cpu_seconds = (field(14) + field(15)) / ticks;
  now.start_time = boot_time() + field(22) / ticks;
  now.virtual_bytes = static_cast<std::uint64_t>(field(23));
  now.resident_bytes = static_cast<std::uint64_t>(field(24)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  now.open_fds = open_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) now.max_fds = limit.rlim_cur;
  return now;
}

}  // namespace buildwatch::service
