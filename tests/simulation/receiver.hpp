// A receiver as the daemon sees it: takes what is sent, refuses it, hangs, or takes it and loses the answer.
#pragma once

#include <set>
#include <string>

#include "buildwatch/notify/ports.hpp"
#include "simulation/ground.hpp"
#include "simulation/oracle.hpp"
#include "simulation/world.hpp"

namespace buildwatch::simulation {

class receiver final : public notify::sink {
 public:
  receiver(ground& on, world& truth, oracle& knows, std::string name)
      : on_(on), world_(truth), knows_(knows), name_(std::move(name)), lane_(knows.deliveries.lane_of(name_)) {}

  boost::asio::awaitable<notify::attempt> deliver(notify::delivery const& what) override;
  void stop() override;

 private:
  ground& on_;
  world& world_;
  oracle& knows_;
  std::string name_;
  unsigned lane_;
  std::set<sleepers::ticket> open_;
  bool stopped_ = false;
};

}  // namespace buildwatch::simulation
