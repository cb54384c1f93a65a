// What schema.json calls a property the parser knows as a key, and the other way round. (JSON is YAML.)
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

YAML::Node schema() { return YAML::LoadFile(TEST_DATA "/../../config/schema.json"); }

/// A file whose only fault is an unknown key at this place, and how the complaint begins there.
struct place {
  char const* definition;  ///< "": the top
  char const* text;
};

place const places[] = {
    {"", "xyzzyxyzzy: 1\n"},
    {"retention", "retention: {xyzzyxyzzy: 1}\n"},
    {"log", "log: {xyzzyxyzzy: 1}\n"},
    {"http", "http: {xyzzyxyzzy: 1}\n"},
    {"provider", "providers: {p: {xyzzyxyzzy: 1}}\n"},
    {"auth", "providers: {p: {auth: {xyzzyxyzzy: 1}}}\n"},
    {"tls", "providers: {p: {tls: {xyzzyxyzzy: 1}}}\n"},
    {"defaults", "defaults: {xyzzyxyzzy: 1}\n"},
    {"poll", "defaults: {poll: {xyzzyxyzzy: 1}}\n"},
    {"job", "jobs: [{xyzzyxyzzy: 1}]\n"},
    {"outcomes", "jobs: [{outcomes: {xyzzyxyzzy: 1}}]\n"},
    {"sink", "sinks: {s: {xyzzyxyzzy: 1}}\n"},
    {"rule", "rules: [{xyzzyxyzzy: 1}]\n"},
};

/// The keys that the complaint about an unknown one lists.
std::set<std::string> listed(loaded const& result) {
  constexpr std::string_view lead = "unknown key; known here: ";
  for (auto const& c : result.complaints) {
    if (!c.text.starts_with(lead)) continue;
    std::set<std::string> keys;
    std::string rest = c.text.substr(lead.size());
    for (auto comma = rest.find(", "); comma != std::string::npos; comma = rest.find(", ")) {
      keys.insert(rest.substr(0, comma));
      rest.erase(0, comma + 2);
    }
    keys.insert(rest);
    return keys;
  }
  return {};
}

TEST(schema, has_the_keys_of_the_parser) {
  auto const root = schema();
  for (auto const& p : places) {
    auto const map = *p.definition == '\0' ? root : root["$defs"][p.definition];
    std::set<std::string> properties;
    for (auto const& e : map["properties"]) properties.insert(e.first.as<std::string>());
    EXPECT_EQ(listed(testing::load_text(p.text)), properties) << p.text;
  }
}

/// `then.propertyNames.enum` of the part of `allOf` that is about this type.
std::set<std::string> keys_of_type(YAML::Node const& definition, std::string const& type) {
  for (auto const& part : definition["allOf"]) {
    if (part["if"]["properties"]["type"]["const"].as<std::string>() != type) continue;
    auto const names = part["then"]["propertyNames"]["enum"].as<std::vector<std::string>>();
    return {names.begin(), names.end()};
  }
  return {};
}

TEST(schema, has_the_keys_of_each_type) {
  auto const definitions = schema()["$defs"];
  for (char const* type : {"stdout", "log", "webhook", "exec"}) {
    auto const result = testing::load_text("sinks: {s: {type: " + std::string(type) + ", xyzzyxyzzy: 1}}\n");
    EXPECT_EQ(listed(result), keys_of_type(definitions["sink"], type)) << type;
  }
  for (char const* type : {"aksk", "token", "iam", "ecs", "none"}) {
    auto const result =
        testing::load_text("providers: {p: {auth: {type: " + std::string(type) + ", xyzzyxyzzy: 1}}}\n");
    EXPECT_EQ(listed(result), keys_of_type(definitions["auth"], type)) << type;
  }
}

}  // namespace
}  // namespace buildwatch::config
