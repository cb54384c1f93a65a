// The inside of the dispatcher. Its work is in three files: dispatcher (what others ask of it), dispatcher_tries
// (sinks), dispatcher_outbox (what is recorded and read).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <string>

#include "buildwatch/notify/dispatcher.hpp"
#include "notify/delivery_log.hpp"

namespace buildwatch::notify {

/// Why deliveries of a sink that is none any more are dead.
inline constexpr std::string_view removed_sink = "as the sink was removed from the configuration";

struct dispatcher::state {
  /// Calls a function of an object at a time.
  template <class Owner>
  class bell final : public base::alarm {
   public:
    using action = void (Owner::*)();
    bell(Owner& owner, action what) : owner_(owner), what_(what) {}

   private:
    void ring(base::time_point) override { (owner_.*what_)(); }
    Owner& owner_;
    action what_;
  };

  /// One sink: its queue, what the queue wants from the outbox, and the alarms of both.
  struct lane {
    lane(state& all, destination d);
    ~lane();
    void tick();
    void try_disk_again();
    void look_for_overdue();
    void forget_burial();
    [[nodiscard]] bool wants_disk() const;
    [[nodiscard]] bool may_restore() const;
    [[nodiscard]] bool may_read() const;
    [[nodiscard]] std::string const& name() const { return deliveries.how().name; }

    state& owner;
    std::shared_ptr<notify::sink> sink;
    queue deliveries;
    delivery_log says;

    // What the outbox is asked for, in this order.
    std::deque<changes> unsaved;
    bool restore = false;  ///< read what is known of the sink, and its deliveries from the start
    std::optional<burial> burying;
    std::uint64_t burials = 0;  ///< tells one from the next
    std::uint64_t buried = 0;
    std::optional<page_request> read;
    bool fall_back = false;
    std::uint64_t fell_back = 0;
    bool serving = false;  ///< a coroutine does that
    bool blocked = false;  ///< the outbox failed: it is asked again after a second

    bool retired = false;  ///< no longer in the configuration
    bool drained = false;  ///< at a stop
    bell<lane> queue_bell{*this, &lane::tick};
    bell<lane> disk_bell{*this, &lane::try_disk_again};
    bell<lane> overdue_bell{*this, &lane::look_for_overdue};
  };

  explicit state(dispatcher_parts p) : parts(std::move(p)) {}

  // dispatcher.cpp
  [[nodiscard]] lane* find(std::string_view name) const;
  void add(std::vector<created> made);
  void retire(std::unique_ptr<lane> l);
  void bury_sink(std::string name);
  void forget_retired();
  [[nodiscard]] bool is_retiring(std::string_view name) const;
  void end_grace();
  void settle(lane& l);
  void bury_rest_of(lane& l, std::string why);

  // dispatcher_tries.cpp
  void carry_out(lane& l, queue_commands& todo);
  void say(std::vector<base::log_event> const& logs) const;
  void spawn(lane& l, notify::start what);
  void ended(lane& l, delivery_number n, std::exception_ptr const& failure, attempt result);
  void replace(lane& l, std::shared_ptr<notify::sink> by);
  void let_go();
  void report(std::string const& task, std::exception_ptr const& failure) const;

  // dispatcher_outbox.cpp
  void keep(lane& l, queue_commands& todo);
  void serve(lane& l);
  void served(lane& l, bool well);
  void complain(std::string const& why);
  void spawn_begin();
  void look_elsewhere();
  static boost::asio::awaitable<void> begin(std::shared_ptr<state> self);
  static boost::asio::awaitable<void> look(std::shared_ptr<state> self);
  static boost::asio::awaitable<bool> work(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> step(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> save(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> restore(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> bury(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> read(std::shared_ptr<state> self, lane& l);
  static boost::asio::awaitable<bool> fall_back(std::shared_ptr<state> self, lane& l);

  dispatcher_parts parts;
  std::vector<std::unique_ptr<lane>> lanes;             // in the order of the configuration
  std::vector<std::unique_ptr<lane>> retired;           // until what they do has ended
  std::vector<std::shared_ptr<notify::sink>> replaced;  // until their last try has ended
  bell<state> elsewhere_bell{*this, &state::look_elsewhere};
  bell<state> grace_bell{*this, &state::end_grace};
  std::optional<base::time_point> complained_at;
  std::function<void()> done;
  bool begun = false;
  bool stopping = false;
  bool over = false;    // the grace has ended
  bool closed = false;  // the dispatcher is gone: what still ends, ends silently
  std::weak_ptr<state> self;
};

}  // namespace buildwatch::notify
