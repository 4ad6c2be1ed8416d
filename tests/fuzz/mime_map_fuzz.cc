// Needs: mail/mime mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
// Needs: mail/utf8.cc mail/digest.cc mail/base64.cc
#include "mail/mime/mime_map.h"

#include "mail/mime/readings/readings.h"
#include "tests/fuzz/fuzz.h"

/// Every range lies in its source, children lie in their parents, and the readings end within their budget.
void fuzz(std::string_view input) {
  const mail::MimeMap map(input);
  must(!map.parts().empty());
  for (const mail::MimePart& part : map.parts()) {
    const std::size_t size = map.source(part.source).size();
    must(part.header.range.begin <= part.header.range.end && part.header.range.end <= part.body.begin);
    must(part.body.begin <= part.body.end && part.body.end <= size);
    must(part.slot.begin <= part.slot.end && part.slot.end <= size);
    std::size_t end = 0;
    for (const std::size_t child : part.children) {
      const mail::MimePart& inner = map.part(child);
      must(&map.part(inner.parent) == &part);
      must(inner.slot.begin >= end);
      end = inner.slot.end;
      if (inner.source == part.source) must(inner.slot.end <= size && inner.slot.begin >= part.body.begin);
    }
    map.decoded_body(part);
  }
  auto budget = mail::ReadingBudget{1 << 20};
  std::size_t handed_out = 0;
  mail::for_each_reading(map, false, budget, [&](const mail::Reading& reading) {
    handed_out += reading.bytes.size();
    must(reading.range.end <= map.source(reading.source).size() && reading.body.end <= reading.range.end);
    return reading.bytes.size() % 2 == 0;
  });
  must(handed_out <= 1 << 20);
}
