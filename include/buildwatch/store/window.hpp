// Looking into the store of the daemon that runs, from the loop: on a thread and a connection of its own, so that who
// looks keeps no commit waiting.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/store/reader.hpp"

namespace buildwatch::store {

/// Loop thread only; the answers come back on the loop, in the order in which they were asked for. Errors are for
/// people: the disk's, or the file's. Each caller waits for its answer, and bounds how many of it there are.
class window {
 public:
  /// The file must be there.
  [[nodiscard]] static base::result<std::unique_ptr<window>> open(boost::asio::any_io_executor loop,
                                                                  std::string const& path);
  virtual ~window() = default;

  virtual boost::asio::awaitable<base::result<std::vector<kept_build>>> builds(reader::job of, std::size_t limit) = 0;
  virtual boost::asio::awaitable<base::result<reader::event_page>> log(std::uint64_t after, std::size_t limit) = 0;
  virtual boost::asio::awaitable<base::result<std::vector<std::optional<model::build>>>> newest(
      std::vector<reader::watched> of) = 0;
  virtual boost::asio::awaitable<base::result<std::vector<reader::tally>>> tallies() = 0;
  /// Finishes what was asked, then `done` is called on the loop; the thread ends. Later requests fail.
  virtual void close(std::function<void()> done) = 0;
};

}  // namespace buildwatch::store
