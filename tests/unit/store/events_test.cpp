// Transitions: stored with all that they say, once, in order, and all or nothing.
#include <gmock/gmock.h>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class events_test : public ::testing::Test {
 protected:
  std::unique_ptr<database> file_ = opened(":memory:");
};

/// As it comes back from the outbox.
std::string after_storing(database& d, model::event const& e) {
  added(d, owed_to(e, {"oncall"}));
  return text(*waiting(d, "oncall").back().event);
}

TEST_F(events_test, come_back_as_they_were_whatever_their_type) {
  std::uint64_t sequence = 0;
  for (int type = 0; type <= static_cast<int>(model::event_type::provider_recovered); ++type) {
    model::event e = event_of_type(static_cast<model::event_type>(type));
    e.id = "evt_" + std::to_string(type);
    e.sequence = ++sequence;
    EXPECT_EQ(after_storing(*file_, e), text(e));
  }
}

TEST_F(events_test, come_back_with_all_that_may_be_unknown) {
  model::event e = finished_event();
  e.sequence = 1;
  e.change = model::change::broken;
  e.previous = model::previous_build{41, model::outcome::success};
  e.reason = "2 builds were skipped";
  e.build->times_exact = true;
  e.build->source = model::build_source{"main", "0a1b2c", "", "https://builds.example.com/42"};
  e.build->first_seen_running = at(-4'380'000);
  EXPECT_EQ(after_storing(*file_, e), text(e));

  e.id = "evt_bare";
  e.sequence = 2;
  e.change.reset();
  e.previous.reset();
  e.reason.reset();
  e.job->labels.clear();
  e.build = model::build();
  e.build->number = 4'294'967'295;
  EXPECT_EQ(after_storing(*file_, e), text(e));

  e.id = "evt_odd";
  e.sequence = 3;
  e.reason = "";
  e.job->name = "Nächte \"quoted\"";
  e.job->labels = {{"a\nb", "ü"}, {"team", "x'y\"z\\"}};
  e.build->result = std::string("cut \xc3 and \0 zero", 16);  // as an API may answer
  EXPECT_EQ(after_storing(*file_, e), text(e));
}

TEST_F(events_test, are_numbered_from_one_without_gaps) {
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(added(*file_, owed_to(event_of(i), {})).event->sequence, static_cast<std::uint64_t>(i));
  }
  added(*file_, owed_to(event_of(2), {}));  // known
  EXPECT_EQ(added(*file_, owed_to(event_of(4), {})).event->sequence, 4U);
}

TEST_F(events_test, one_that_is_known_keeps_its_number_and_owes_nothing_anew) {
  stored const first = added(*file_, owed_to(event_of(7), {"oncall"}));
  EXPECT_FALSE(first.known);
  EXPECT_THAT(first.owed, SizeIs(1));
  added(*file_, owed_to(event_of(8), {}));

  entry again = owed_to(event_of(7), {"oncall", "another"});
  again.what.event.timestamp = at(99'000);
  again.what.job.emplace().name = "its memory";
  stored const second = added(*file_, again);
  EXPECT_TRUE(second.known);
  EXPECT_EQ(text(*second.event), text(*first.event));
  EXPECT_THAT(second.owed, SizeIs(0));
  EXPECT_THAT(file_->owing(), ElementsAre("oncall"));
  EXPECT_THAT(waiting(*file_, "oncall"), SizeIs(1));
  EXPECT_THAT(file_->known().jobs, SizeIs(1)) << "what is known because of it is kept all the same";
}

TEST_F(events_test, are_owed_to_each_sink_once_from_when_they_were_seen) {
  stored const s = added(*file_, owed_to(event_of(1), {"oncall", "console", "oncall"}));
  ASSERT_THAT(s.owed, SizeIs(2));
  EXPECT_EQ(s.owed[0].sink, "oncall");
  EXPECT_EQ(s.owed[1].sink, "console");
  EXPECT_EQ(s.owed[1].delivery.number, 2U);
  EXPECT_EQ(s.owed[0].delivery.webhook_id, "evt_1");
  EXPECT_EQ(s.owed[0].delivery.added, at(1));
  EXPECT_EQ(text(waiting(*file_, "oncall").at(0)), text(s.owed[0].delivery)) << "as the outbox tells it later";
}

TEST_F(events_test, of_one_call_are_stored_in_order) {
  auto const all = committed(*file_, [&] {
    return file_->add({owed_to(event_of(3), {"a"}), owed_to(event_of(1), {"a"})});
  });
  EXPECT_EQ(all.at(0).event->sequence, 1U);
  EXPECT_EQ(all.at(0).event->id, "evt_3");
  EXPECT_EQ(all.at(1).event->sequence, 2U);
}

TEST_F(events_test, of_a_transaction_that_is_rolled_back_never_happened) {
  added(*file_, owed_to(event_of(1), {"a"}));
  file_->begin();
  entry e = owed_to(event_of(2), {"b"});
  e.what.job.emplace().job_id = "gone";
  e.not_asked = {{"c", "of no interest"}};
  file_->add({e});
  file_->roll_back();
  EXPECT_THAT(file_->owing(), ElementsAre("a"));
  EXPECT_THAT(file_->known().jobs, SizeIs(0));
  stored const again = added(*file_, e);
  EXPECT_FALSE(again.known);
  EXPECT_EQ(again.event->sequence, 2U);
  EXPECT_EQ(again.owed.at(0).delivery.number, 2U);
}

TEST_F(events_test, a_roll_back_without_a_transaction_does_nothing) {
  file_->roll_back();
  EXPECT_FALSE(added(*file_, owed_to(event_of(1), {"a"})).known);
}

}  // namespace
}  // namespace buildwatch::store::testing
