#include "simulation/place.hpp"

#include <cstdlib>
#include <filesystem>

#include "buildwatch/store/reader.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// In memory where there is such a place: a run waits for thousands of commits.
std::string new_folder() {
  fs::path const shared = "/dev/shm";
  std::string name = (fs::is_directory(shared) ? shared : fs::temp_directory_path()) / "buildwatch-simulation-XXXXXX";
  return ::mkdtemp(name.data()) != nullptr ? name : std::string();
}

}  // namespace

place::place(chance& luck) {
  bool const wants_file = luck.one_in(20);
  if (wants_file) folder_ = new_folder();
  how_.path = on_file() ? folder_ + "/state.db" : ":memory:";
  if (!luck.one_in(4)) return;
  how_.builds = static_cast<std::uint32_t>(1 + luck.below(3));
  how_.events = luck.between(1min, 1h);
}

place::~place() {
  std::error_code ignored;
  if (on_file()) fs::remove_all(folder_, ignored);
}

base::result<std::unique_ptr<store::database>> place::open() const { return store::database::open(how_); }

void place::administer(chance& luck, virtual_clock const& clock, oracle& knows) const {
  auto const edit = store::editor::open(how_.path);
  if (!edit || !*edit) {
    knows.told.fail("the store cannot be edited" + (edit ? std::string() : ": " + edit.error().text));
    return;
  }
  std::vector<store::editor::name> which;
  if (!luck.one_in(4)) which = knows.deliveries.some(luck);
  bool const drops = luck.one_in(3) && !which.empty();
  auto const result = drops ? (*edit)->drop(which, clock.wall()) : (*edit)->retry(which, clock.wall());
  if (!result) {
    knows.told.fail("the store cannot be edited: " + result.error().text);
    return;
  }
  knows.told.tell(drops ? "outbox drop" : "outbox retry", result->changed.size());
  knows.deliveries.edited(result->changed, drops);
}

void place::compare(oracle& knows) const {
  auto const reader = store::reader::open(how_.path);
  if (!reader || !*reader) {
    knows.told.fail("the store cannot be read");
    return;
  }
  std::uint64_t after = 0;
  for (;;) {
    auto const page = (*reader)->events(std::nullopt, after, 50);
    if (page.empty()) break;
    for (store::kept_event const& e : page) {
      knows.told.expect(e.event.sequence > after, "history tells events out of order");
      after = e.event.sequence;
      for (store::receipt const& r : e.receipts) knows.deliveries.compare(e.event, r);
    }
  }
}

}  // namespace buildwatch::simulation
