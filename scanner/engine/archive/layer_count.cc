#include "scanner/engine/archive/layer_count.h"

#include <algorithm>
#include <utility>

#include "scanner/engine/archive/archive_readings.h"
#include "scanner/engine/archive/zip_readings.h"
#include "scanner/engine/archive/zip_records.h"
#include "scanner/engine/limits.h"

namespace scanner {

namespace {

/// libclamav does not look at files of up to five bytes.
constexpr std::uint64_t kSmallest = 6;

}  // namespace

void LayerCount::add(std::string_view bytes, int level) {
  ++files_;
  bytes_ += bytes.size();
  deepest_ = std::max(deepest_, level);
  if (level > 0) ++balance_[bytes.size()];
  ArchiveKind kind = archive_kind(bytes);
  if (kind == ArchiveKind::listed) {
    const MemberList list = list_members(bytes);
    encrypted_ = encrypted_ || list.encrypted;
    incomplete_ = incomplete_ || !list.complete;
    expect(list.sizes);
  } else if (bytes.find(zip::kLocalHeader) != std::string_view::npos) {
    const auto sizes = plain_zip_members(bytes);
    kind = sizes ? ArchiveKind::listed : ArchiveKind::unread;
    if (sizes) expect(*sizes);
  }
  // The outermost file is still at hand when libclamav is done.
  if (level == 0) return;
  if (kind == ArchiveKind::unread) keep(unread_, bytes);
  if (kind == ArchiveKind::listed) keep(listed_, bytes);
}

void LayerCount::keep(std::vector<std::string>& list, std::string_view bytes) {
  kept_bytes_ += bytes.size();
  if (kept_bytes_ > limits::kFileBytes) {
    incomplete_ = true;
  } else {
    list.emplace_back(bytes);
  }
}

void LayerCount::expect(const std::vector<std::uint64_t>& sizes) {
  for (const std::uint64_t size : sizes) {
    if (size >= kSmallest) --balance_[size];
  }
}

bool LayerCount::missed() const {
  return incomplete_ ||
         std::any_of(balance_.begin(), balance_.end(), [](const auto& e) { return e.second < 0; });
}

void LayerCount::report(ScanOutcome& outcome) {
  const auto add = [&](const char* reason) { outcome.unscannable.emplace_back(reason); };
  if (encrypted_) outcome.add_encrypted("Heuristics.Encrypted.Archive");
  // libclamav has said why.
  if (!outcome.unscannable.empty()) return;
  if (files_ > limits::kFiles) add("Archive.Limits.Members");
  if (deepest_ >= limits::kDepth) add("Archive.Limits.Depth");
  if (bytes_ > limits::kScanBytes) add("Archive.Limits.Size");
  outcome.missed = missed();
  outcome.unread = std::move(unread_);
  if (!outcome.missed) return;
  for (std::string& archive : listed_) outcome.unread.push_back(std::move(archive));
  if (kept_bytes_ > limits::kFileBytes) add("Archive.Limits.Size");
}

}  // namespace scanner
