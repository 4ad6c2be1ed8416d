#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mail/mime/mime_map.h"

namespace mail {

/// Builds a MimeMap: one pass over the lines that begin with "--", with the open multiparts on a stack and
/// their boundaries in a hash table, so that neither depth nor the number of parts makes it slower than the
/// message is long.
class MapBuilder {
 public:
  MapBuilder(MimeMap& map, const MimeLimits& limits) : map_(map), limits_(limits) {}

  void build(std::string_view message);

 private:
  /// An entity whose end has not been seen yet. `boundary` is empty but for a multipart; after the closing
  /// line, `closed`, only an outer boundary ends it.
  struct Open {
    std::size_t part;
    std::string boundary;
    bool closed = false;
  };
  /// A line that is a boundary of an open multipart.
  struct Delimiter {
    std::size_t level;
    bool closing;
  };

  void map_source(std::size_t source, std::size_t parent);
  void open_entity(std::size_t at, std::size_t parent, std::size_t slot_begin);
  HeaderBlock read_block(std::size_t at);
  void read_fields(MimePart& part, bool in_digest);
  void name_part(std::size_t index);
  bool descend(std::size_t index);
  void push_multipart(std::size_t index, const std::string& boundary);
  void take_line(std::size_t line);
  void open_next_child(std::size_t line);
  void close_down_to(std::size_t level, std::size_t end);
  void close_top(std::size_t end);
  const Delimiter* delimiter_at(std::size_t line, Delimiter& found);
  std::string_view token_at(std::size_t line) const;
  void check_unmatched(std::string_view token);
  void map_decoded(std::size_t part);
  void note(std::string_view oddity);
  void reached(std::string_view limit);
  void check_part(const MimePart& part);

  MimeMap& map_;
  MimeLimits limits_;
  std::size_t source_ = 0;
  std::string_view text_;
  std::vector<std::size_t> dash_lines_;
  std::vector<Open> stack_;
  std::unordered_map<std::string, std::vector<std::size_t>> boundaries_;
  std::vector<std::size_t> encoded_containers_;
};

}  // namespace mail
