#include "config/load.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "config/checks.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"
#include "config/settle.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t largest_file = 64UL * 1024 * 1024;  // half a million jobs
constexpr std::size_t most_files = 10'000;

/// What stands before the last slash, that included.
std::string folder_of(std::string const& file) { return file.substr(0, file.rfind('/') + 1); }

class loader {
 public:
  loader(environment const& world, std::shared_ptr<files const> const& disk) : world_(world), disk_(disk) {}

  loaded run(std::string const& file) {
    loaded result;
    auto const text = disk_->read(file, largest_file);
    if (!text) {
      result.complaints.push_back({file, 0, 0, "", "cannot be read: " + text.error().text, false});
      return result;
    }
    if (read(file, *text)) {
      include();
      check_jobs(draft_, out_);
      check_rules(draft_, check_sinks(draft_, out_), out_);
    }
    if (!out_.any_error()) {
      check_rates(draft_, out_);
      result.settings = settle(std::move(draft_));
    }
    result.complaints = std::move(out_).sorted();
    return result;
  }

 private:
  bool read(std::string const& name, std::string_view text) {
    std::string const full = disk_->absolute(name);
    seen_.insert(disk_->identity(full));
    auto const order = static_cast<std::uint32_t>(draft_.files.size());
    draft_.files.push_back(std::make_unique<source const>(source{order, name, folder_of(full)}));
    context const in{world_, disk_, out_, *draft_.files.back()};
    document d(in, draft_);
    if (!read_yaml(text, in.file, out_, d)) {
      draft_.incomplete = true;
      return false;
    }
    d.end();
    return true;
  }

  void include() {
    for (auto const& m : draft_.includes) {
      bool const pattern = m.text.find_first_of("*?[") != std::string::npos;
      if (!pattern) {
        include_file(m, m.text);
        continue;
      }
      auto const found = disk_->matching(pattern_of(m.text));
      if (!found) complain(m, "the pattern cannot be expanded: " + found.error().text);
      if (!found) continue;
      for (auto const& path : *found) include_file(m, shorter(path));
    }
  }

  /// The folder of the main file may hold characters that a pattern would take for its own.
  [[nodiscard]] std::string pattern_of(std::string const& text) const {
    std::string folder;
    for (char const c : main().directory) {
      if (std::string_view("*?[\\").find(c) != std::string_view::npos) folder += '\\';
      folder += c;
    }
    return joined(folder, text);
  }

  /// A path below the main file's folder, as one would write it there.
  [[nodiscard]] std::string shorter(std::string const& path) const {
    return path.starts_with(main().directory) ? path.substr(main().directory.size()) : path;
  }

  /// `path` is relative to the main file, or absolute. A file that was read before is not read again.
  void include_file(mention const& m, std::string const& path) {
    std::string const full = joined(main().directory, path);
    if (seen_.contains(disk_->identity(full))) return;
    if (seen_.size() > most_files)
      return complain(m, "more than " + std::to_string(most_files) + " files are included");
    auto const text = disk_->read(full, largest_file);
    if (!text) return complain(m, quoted(path) + " cannot be read: " + text.error().text);
    static_cast<void>(read(joined(folder_of(main().name), path), *text));
  }

  void complain(mention const& m, std::string text) {
    draft_.incomplete = true;
    out_.error(main(), m.at, "include[" + std::to_string(m.index) + ']', std::move(text));
  }

  [[nodiscard]] source const& main() const { return *draft_.files.front(); }

  environment const& world_;
  std::shared_ptr<files const> const& disk_;
  complaints out_;
  draft draft_;
  std::set<std::string> seen_;  ///< identities of the files that were read
};

}  // namespace

loaded load_from(std::string const& file, environment const& world, std::shared_ptr<files const> const& disk) {
  return loader(world, disk).run(file);
}

loaded load(std::string const& file, environment const& world) { return load_from(file, world, real_files()); }

environment process_environment(std::optional<std::string> credentials_dir) {
  environment world;
  world.variable = [](std::string const& name) -> std::optional<std::string> {
    char const* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  if (passwd const* const user = ::getpwuid(::geteuid()); user != nullptr && user->pw_dir != nullptr) {
    world.home = user->pw_dir;
  }
  if (!credentials_dir) credentials_dir = world.variable("CREDENTIALS_DIRECTORY");
  if (credentials_dir && !credentials_dir->empty()) world.credentials_dir = std::move(credentials_dir);
  return world;
}

}  // namespace buildwatch::config
