#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"
#include "mail/file_descriptor.h"

namespace scanner {

/// A message after its treatment, in terms of the original's memfd.
struct EditedMessage {
  std::string top;                   ///< comes first
  std::vector<mail::ByteRange> cut;  ///< left out of the original
  mail::FileDescriptor changed;      ///< a sealed memfd in place of the original; `cut` is empty then
};

/// Whether it can be what a treatment of `original` (a sealed memfd) came to: ranges ascending, disjoint and
/// inside it, `changed` sealed. To be asked of whatever came from a worker.
bool fits(const EditedMessage& message, int original);

/// Writes it to `out`. Throws std::system_error.
void write_edited(const EditedMessage& message, int original, int out);

/// Writes all of `bytes`. Throws std::system_error.
void write_all(int fd, std::string_view bytes);

}  // namespace scanner
