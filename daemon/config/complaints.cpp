#include "config/complaints.hpp"

#include <algorithm>
#include <tuple>

#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t most = 100'000;

}  // namespace

void complaints::add(source const& file, mark at, std::string path, std::string text, bool warning) {
  if (!warning) ++errors_;
  if (items_.size() >= most) {
    ++untold_;
    return;
  }
  complaint what{file.name, at.line, at.column, std::move(path), std::move(text), warning};
  items_.push_back({file.order, std::move(what)});
}

void complaints::error(source const& file, mark at, std::string path, std::string text) {
  add(file, at, std::move(path), std::move(text), false);
}

void complaints::warning(source const& file, mark at, std::string path, std::string text) {
  add(file, at, std::move(path), std::move(text), true);
}

void complaints::forget(source const& file) {
  std::erase_if(items_, [&](item const& i) {
    bool const of_it = i.order == file.order;
    if (of_it && !i.what.warning) --errors_;
    return of_it;
  });
}

std::vector<complaint> complaints::sorted() && {
  std::ranges::stable_sort(items_, {}, [](item const& i) { return std::tuple(i.order, i.what.line, i.what.column); });
  std::vector<complaint> all;
  all.reserve(items_.size() + 1);
  for (auto& i : items_) all.push_back(std::move(i.what));
  if (untold_ > 0) {
    all.push_back({all.front().file, 0, 0, "", "and " + std::to_string(untold_) + " more of this kind", errors_ == 0});
  }
  return all;
}

std::string to_string(complaint const& c) {
  std::string all = cleaned(c.file, 4096);
  if (c.line > 0) all.append(":").append(std::to_string(c.line)).append(":").append(std::to_string(c.column));
  all += ": ";
  if (c.warning) all += "warning: ";
  if (!c.path.empty()) all += cleaned(c.path, 1024) + ": ";
  return all + cleaned(c.text, 4096);
}

}  // namespace buildwatch::config
