#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mail/mime/mime_map.h"
#include "mail/mime/readings/readings.h"

namespace scanner {

/// Something was found in one place of the message.
struct Detection {
  /// What goes: the part, or only `range`, in the part's source or in its decoded body.
  enum class Place : std::uint8_t { part, bytes, decoded_bytes };

  std::size_t part;  ///< index in the map: this part, or the one that the bytes lie in
  Place place = Place::part;
  mail::ByteRange range;
  std::vector<std::string> viruses;
  std::vector<std::string> unscannable;
  std::string file;  ///< safe to show; "(no name)", "(message body)"

  bool infected() const { return !viruses.empty(); }
};

/// Adds to `list` what it does not hold yet, in the order of `more`.
void add_each_once(std::vector<std::string>& list, const std::vector<std::string>& more);

/// The detections of one message, one a place.
class Detections {
 public:
  explicit Detections(const mail::MimeMap& map) : map_(map) {}  ///< `map` must outlive this

  /// Joined with an earlier one of the same place: a part has one, its own before that of what was found in
  /// its text; and so has a file in a text, in however many ways it can be read.
  void add(Detection detection);

  bool any_infected() const;
  bool infected(std::size_t part) const;
  /// Whether the reading overlaps something infected: most likely it is the same file once more, read another
  /// way. If it is another, it is found when this one is gone.
  bool overlaps_infected(const mail::Reading& reading) const;

  /// Moves them out, sorted by their part's place in `order` (indices in the map, each once).
  std::vector<Detection> take(const std::vector<std::size_t>& order);

 private:
  const mail::MimeMap& map_;
  std::vector<Detection> detections_;
};

}  // namespace scanner
