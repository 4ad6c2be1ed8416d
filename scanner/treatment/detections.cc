#include "scanner/treatment/detections.h"

#include <algorithm>

namespace scanner {

namespace {

using Place = Detection::Place;

bool overlap(const mail::ByteRange& a, const mail::ByteRange& b) {
  return a.begin < b.end && b.begin < a.end;
}

bool of_one_place(const Detection& a, const Detection& b) {
  if (a.part != b.part || a.place != b.place) return false;
  return a.place == Place::part || (a.place == Place::decoded_bytes && overlap(a.range, b.range));
}

}  // namespace

void add_each_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }
}

void Detections::add(Detection detection) {
  const auto other = std::find_if(detections_.begin(), detections_.end(),
                                  [&](const Detection& earlier) { return of_one_place(earlier, detection); });
  if (other == detections_.end()) {
    detections_.push_back(std::move(detection));
    return;
  }
  other->range = {std::min(other->range.begin, detection.range.begin),
                  std::max(other->range.end, detection.range.end)};
  add_each_once(other->viruses, detection.viruses);
  add_each_once(other->unscannable, detection.unscannable);
}

bool Detections::any_infected() const {
  return std::any_of(detections_.begin(), detections_.end(), [](const Detection& d) { return d.infected(); });
}

bool Detections::infected(std::size_t part) const {
  return std::any_of(detections_.begin(), detections_.end(), [&](const Detection& detection) {
    return detection.part == part && detection.infected();
  });
}

bool Detections::overlaps_infected(const mail::Reading& reading) const {
  return std::any_of(detections_.begin(), detections_.end(), [&](const Detection& detection) {
    const mail::MimePart& part = map_.part(detection.part);
    if (!detection.infected() || part.source != reading.source) return false;
    switch (detection.place) {
      case Place::part:
        return overlap(part.slot, reading.body);
      case Place::bytes:
        return overlap(detection.range, reading.body);
      case Place::decoded_bytes:
        return overlap(part.body, reading.body);
    }
    return false;
  });
}

std::vector<Detection> Detections::take(const std::vector<std::size_t>& order) {
  std::vector<std::size_t> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  std::stable_sort(detections_.begin(), detections_.end(), [&](const Detection& a, const Detection& b) {
    if (a.part != b.part) return rank[a.part] < rank[b.part];
    return a.range.begin < b.range.begin;
  });
  return std::move(detections_);
}

}  // namespace scanner
