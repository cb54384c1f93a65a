// Memory of one request, used again by the next.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/net/client.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::codearts {

struct workspace {
  std::string target;  ///< as it is sent
  /// As it is signed: the canonical URI and the canonical query (codearts-api.md 3.2), each a line, without the last
  /// line break.
  std::string canonical_address;
  std::string headers;
  net::response answer;
};

/// A free list: several requests are under way at once, each with a workspace of its own. Keeps no more than `most`.
class workspaces {
 public:
  explicit workspaces(std::size_t most) : most_(most) { free_.reserve(most); }

  /// A workspace that goes back to the list at its end.
  class lease {
   public:
    explicit lease(workspaces& from) : from_(from), held_(from.take()) {}
    ~lease() { from_.give_back(std::move(held_)); }
    lease(lease const&) = delete;
    lease& operator=(lease const&) = delete;
    workspace& operator*() const { return *held_; }

   private:
    workspaces& from_;
    std::unique_ptr<workspace> held_;
  };

 private:
  std::unique_ptr<workspace> take() {
    if (free_.empty()) return std::make_unique<workspace>();
    auto out = std::move(free_.back());
    free_.pop_back();
    return out;
  }

  void give_back(std::unique_ptr<workspace> used) {
    if (free_.size() < most_) free_.push_back(std::move(used));
  }

  std::size_t most_;
  std::vector<std::unique_ptr<workspace>> free_;
};

/// The addresses of one provider's calls.
class addresses {
 public:
  /// `prefix`: the path of the provider's endpoint, percent-encoded, without a slash at its end.
  explicit addresses(std::string prefix);
  /// Writes target and canonical_address of `what`, asked at `now`.
  void write(watch::query const& what, base::wall_time now, workspace& into) const;

 private:
  std::string prefix_;
  std::string canonical_prefix_;
};

}  // namespace buildwatch::codearts
