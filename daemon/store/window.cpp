#include "buildwatch/store/window.hpp"

#include <utility>

#include "buildwatch/base/thread.hpp"
#include "store/desk.hpp"
#include "store/hall.hpp"

namespace buildwatch::store {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

using look = task_for<reader>;
using front = desk_before<reader>;

/// The thread: one look after the other.
void look_for_all(front& desk, std::unique_ptr<reader> file, std::function<void(std::shared_ptr<look>)> const& back) {
  for (;;) {
    front::turn turn = desk.take(1h);
    if (turn.over) return;
    for (auto& one : turn.tasks) {
      try {
        one->work(*file);
      } catch (std::exception const& e) {
        one->failed = e.what();
      }
      back(std::move(one));
    }
  }
}

class threaded_window final : public window {
 public:
  threaded_window(asio::any_io_executor loop, std::unique_ptr<reader> file)
      : hall_(std::make_shared<hall>(loop)), desk_(std::make_shared<front>(loop)) {
    // The thread may outlive this object and the loop: it owns the desk, and knows the hall only when it is on the
    // loop.
    auto const back = [desk = desk_, hall = std::weak_ptr(hall_)](std::shared_ptr<look> one) {
      desk->send_back([hall, one = std::move(one)] {
        if (auto const here = hall.lock()) here->came_back(std::vector{one});
      });
    };
    auto const held = std::make_shared<std::unique_ptr<reader>>(std::move(file));
    base::start_thread([held, back, desk = desk_, hall = std::weak_ptr(hall_)] {
      look_for_all(*desk, std::move(*held), back);
      desk->send_back([hall] {
        if (auto const here = hall.lock()) here->ended();
      });
    });
  }
  ~threaded_window() override {
    desk_->abandon();
    hall_->clear();
  }

  asio::awaitable<base::result<std::vector<kept_build>>> builds(reader::job of, std::size_t limit) override {
    return ask<std::vector<kept_build>>([of = std::move(of), limit](reader& r) { return r.builds(of, 0, limit).rows; });
  }
  asio::awaitable<base::result<reader::event_page>> log(std::uint64_t after, std::size_t limit) override {
    return ask<reader::event_page>([after, limit](reader& r) { return r.log(after, limit); });
  }
  asio::awaitable<base::result<std::vector<std::optional<model::build>>>> newest(
      std::vector<reader::watched> of) override {
    return ask<std::vector<std::optional<model::build>>>([of = std::move(of)](reader& r) { return r.newest(of); });
  }
  asio::awaitable<base::result<std::vector<reader::tally>>> tallies() override {
    return ask<std::vector<reader::tally>>([](reader& r) { return r.tallies(); });
  }
  void close(std::function<void()> done) override {
    hall_->wait_for_end(std::move(done));
    desk_->close();
  }

 private:
  template <class Answer>
  asio::awaitable<base::result<Answer>> ask(std::function<Answer(reader&)> work) {
    return hall_->ask(*desk_, false, std::move(work));
  }

  std::shared_ptr<hall> hall_;
  std::shared_ptr<front> desk_;
};

}  // namespace

base::result<std::unique_ptr<window>> window::open(asio::any_io_executor loop, std::string const& path) {
  auto file = reader::open(path);
  if (!file) return file.error();
  if (!*file) return base::error{path + " is not there"};
  return std::unique_ptr<window>(std::make_unique<threaded_window>(std::move(loop), std::move(*file)));
}

}  // namespace buildwatch::store
