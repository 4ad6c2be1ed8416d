#include "scanner/engine/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace scanner {

namespace {

constexpr std::uintptr_t kSmallPage = 4096;
constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
constexpr int kCollapse = 25;  // MADV_COLLAPSE; not in the headers of Debian 12

struct Region {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// What a line of /proc/self/maps tells, if it is memory of this process's own: no file, no stack.
Region own_memory(const std::string& line) {
  std::istringstream fields(line);
  std::string range, access, offset, device, inode, name;
  fields >> range >> access >> offset >> device >> inode >> name;
  Region region;
  if (access != "rw-p" || inode != "0" || name.starts_with("[stack")) return region;
  const char* const end = range.data() + range.size();
  const char* const dash = std::from_chars(range.data(), end, region.begin, 16).ptr;
  if (dash != end) std::from_chars(dash + 1, end, region.end, 16);
  return region;
}

bool is_all_there(void* huge_page) {
  std::array<unsigned char, kHugePage / kSmallPage> pages{};
  if (::mincore(huge_page, kHugePage, pages.data()) != 0) return false;
  return std::all_of(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; });
}

}  // namespace

void use_huge_pages() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const Region region = own_memory(line);
    std::uintptr_t at = (region.begin + kHugePage - 1) / kHugePage * kHugePage;
    for (; at + kHugePage <= region.end; at += kHugePage) {
      void* const page = reinterpret_cast<void*>(at);  // NOLINT(performance-no-int-to-ptr): the kernel's text
      if (is_all_there(page)) ::madvise(page, kHugePage, kCollapse);
    }
  }
}

}  // namespace scanner
