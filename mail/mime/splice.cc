#include "mail/mime/splice.h"

#include <algorithm>

namespace mail {

std::string apply(std::string_view source, std::vector<Splice> splices) {
  // An insertion in front of a removal stays; of two removals from one place the longer one holds.
  std::stable_sort(splices.begin(), splices.end(), [](const Splice& a, const Splice& b) {
    if (a.range.begin != b.range.begin) return a.range.begin < b.range.begin;
    if (a.range.empty() != b.range.empty()) return a.range.empty();
    return a.range.end > b.range.end;
  });
  std::string result;
  result.reserve(source.size());
  std::size_t done = 0;
  for (const Splice& splice : splices) {
    if (splice.range.begin < done) {
      // Overlapping the end of the last one: both ranges go.
      if (splice.range.end > done) {
        result += splice.text;
        done = splice.range.end;
      }
      continue;
    }
    result.append(source, done, splice.range.begin - done);
    result += splice.text;
    done = splice.range.end;
  }
  result.append(source, done);
  return result;
}

}  // namespace mail
