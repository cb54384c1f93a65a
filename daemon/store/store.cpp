#include "buildwatch/store/store.hpp"

#include <utility>

#include "buildwatch/base/thread.hpp"
#include "store/hall.hpp"
#include "store/worker.hpp"

namespace buildwatch::store {
namespace {

namespace asio = boost::asio;

class threaded_store final : public store {
 public:
  threaded_store(asio::any_io_executor loop, std::unique_ptr<database> file, std::function<base::wall_time()> now)
      : hall_(std::make_shared<hall>(loop)), desk_(std::make_shared<desk>(loop)) {
    // The thread may outlive this object and the loop: it owns the desk, and knows the hall only when it is on the
    // loop.
    auto const back = [desk = desk_, hall = std::weak_ptr(hall_), counts = counts_](finished batch) {
      desk->send_back([hall, counts, batch = std::move(batch)] {
        counts->commits += batch.commits;
        counts->requests += batch.writes;
        if (auto const here = hall.lock()) here->came_back(batch.tasks);
      });
    };
    auto const w = std::make_shared<worker>(*desk_, std::move(file), std::move(now), back);
    base::start_thread([w, desk = desk_, hall = std::weak_ptr(hall_)] {
      w->run();
      desk->send_back([hall] {
        if (auto const here = hall.lock()) here->ended();
      });
    });
  }
  ~threaded_store() override {
    desk_->abandon();
    hall_->clear();
  }

  asio::awaitable<base::result<std::vector<stored>>> add(std::vector<entry> what) override {
    return ask<std::vector<stored>>(true, [what = std::move(what)](database& d) { return d.add(what); });
  }
  asio::awaitable<base::result<void>> remember(watch::memory what) override {
    auto const done = co_await ask<bool>(true, remembering(std::move(what)));
    if (!done) co_return done.error();
    co_return base::result<void>{};
  }
  asio::awaitable<base::result<void>> probe() override {
    auto const done = co_await ask<bool>(true, touching());
    if (!done) co_return done.error();
    co_return base::result<void>{};
  }
  asio::awaitable<base::result<watch::memory>> known() override {
    return ask<watch::memory>(false, [](database& d) { return d.known(); });
  }
  asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string provider,
                                                                           std::string job_id) override {
    return ask<std::vector<forecast::past_build>>(false, [provider = std::move(provider), job_id = std::move(job_id)](
                                                             database& d) { return d.history(provider, job_id); });
  }
  asio::awaitable<base::result<std::vector<neighbours>>> around(std::vector<build_name> which) override {
    return ask<std::vector<neighbours>>(false, [which = std::move(which)](database& d) { return d.around(which); });
  }
  asio::awaitable<base::result<notify::page>> read(std::string sink, notify::reading order,
                                                   std::optional<notify::place> after, std::size_t limit) override {
    return ask<notify::page>(false, [sink = std::move(sink), order, after, limit](database& d) {
      return d.read(sink, order, after, limit);
    });
  }
  asio::awaitable<base::result<notify::sink_memory>> memory_of(std::string sink) override {
    return ask<notify::sink_memory>(false, [sink = std::move(sink)](database& d) { return d.memory_of(sink); });
  }
  asio::awaitable<base::result<std::vector<notify::created>>> record(notify::changes what) override {
    return ask<std::vector<notify::created>>(true, [what = std::move(what)](database& d) { return d.record(what); });
  }
  asio::awaitable<base::result<notify::fallen_back>> fall_back(notify::overdue what) override {
    return ask<notify::fallen_back>(true, [what = std::move(what)](database& d) { return d.fall_back(what); });
  }
  asio::awaitable<base::result<notify::buried>> bury(notify::burial what) override {
    return ask<notify::buried>(true, [what = std::move(what)](database& d) { return d.bury(what); });
  }
  asio::awaitable<base::result<std::vector<std::string>>> owing() override {
    return ask<std::vector<std::string>>(false, [](database& d) { return d.owing(); });
  }
  asio::awaitable<bool> changed_elsewhere() override {
    auto const changed = co_await ask<bool>(false, looking());
    co_return changed.has_value() && *changed;
  }

  void keep(std::uint32_t builds, base::duration events) override {
    auto t = std::make_shared<task>();
    t->work = [builds, events](database& d) { d.keep(builds, events); };
    if (!hall_->closed()) desk_->ask(std::move(t));
  }
  void close(std::function<void()> done) override {
    hall_->wait_for_end(std::move(done));
    desk_->close();
  }
  [[nodiscard]] statistics counted() const override { return *counts_; }

 private:
  static std::function<bool(database&)> remembering(watch::memory what) {
    return [what = std::move(what)](database& d) {
      d.remember(what);
      return true;
    };
  }
  static std::function<bool(database&)> touching() {
    return [](database& d) {
      d.touch();
      return true;
    };
  }
  /// Asked twice, after a transaction was rolled back, it still tells what the first time showed.
  static std::function<bool(database&)> looking() {
    return [changed = false](database& d) mutable { return changed = d.changed_elsewhere() || changed; };
  }

  template <class Answer>
  asio::awaitable<base::result<Answer>> ask(bool writes, std::function<Answer(database&)> work) {
    return hall_->ask(*desk_, writes, std::move(work));
  }

  std::shared_ptr<hall> hall_;
  std::shared_ptr<desk> desk_;
  std::shared_ptr<statistics> counts_ = std::make_shared<statistics>();
};

}  // namespace

std::unique_ptr<store> make_store(asio::any_io_executor loop, std::unique_ptr<database> file,
                                  std::function<base::wall_time()> now) {
  return std::make_unique<threaded_store>(std::move(loop), std::move(file), std::move(now));
}

}  // namespace buildwatch::store
