// The main file or an included one: takes its pieces to the sections that know them.
#pragma once

#include "config/cursor.hpp"
#include "config/draft.hpp"
#include "config/reader.hpp"

namespace buildwatch::config {

class document final : public receiver {
 public:
  document(context const& in, draft& into) : in_(in), into_(into) {}
  void entry(std::string const& key, mark key_at, node const& value) override;
  void job(std::size_t index, node const& item) override;
  /// Complains about what the file lacks. Once, after its last piece.
  void end();

 private:
  bool allowed(std::string const& key, mark key_at);

  context const& in_;
  draft& into_;
  bool versioned_ = false;
  bool placed_ = false;  ///< there is a key `store`
};

}  // namespace buildwatch::config
