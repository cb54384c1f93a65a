// Builds and events of the store, as the API shows them.
#include <utility>

#include "service/front.hpp"

namespace buildwatch::service {

boost::asio::awaitable<base::result<std::vector<model::build>>> front::builds(std::string provider, std::string job_id,
                                                                              std::size_t limit) {
  store::reader::job of{std::move(provider), std::move(job_id)};
  auto read = co_await window_->builds(std::move(of), limit);
  if (!read) co_return std::move(read).error();
  std::vector<model::build> all;
  all.reserve(read->size());
  for (store::kept_build& kept : *read) all.push_back(std::move(kept.build));
  co_return std::move(all);
}

boost::asio::awaitable<base::result<web::event_page>> front::events(std::uint64_t after, std::size_t limit) {
  auto read = co_await window_->log(after, limit);
  if (!read) co_return std::move(read).error();
  web::event_page page;
  page.events = std::move(read->events);
  page.oldest = read->oldest;
  page.newest = read->newest;
  co_return std::move(page);
}

}  // namespace buildwatch::service
