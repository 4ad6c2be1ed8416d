#include "mail/iconv_converter.h"

#include <iconv.h>

#include <cerrno>

namespace mail {

namespace {

class Converter {
 public:
  Converter(const std::string& from, const std::string& to) : handle_(iconv_open(to.c_str(), from.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }

  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv.h says so

  /// Converts `in` to its end; with null `in`, writes what leads back to the initial state.
  bool append(char* in, std::size_t left, std::string& out) {
    for (;;) {
      const std::size_t used = out.size();
      out.resize(used + left + left / 2 + 16);
      char* write = out.data() + used;
      std::size_t room = out.size() - used;
      const std::size_t result = iconv(handle_, in == nullptr ? nullptr : &in, &left, &write, &room);
      const int error = errno;
      out.resize(out.size() - room);
      if (result != static_cast<std::size_t>(-1)) return true;
      if (error != E2BIG) return false;
    }
  }

 private:
  iconv_t handle_;
};

}  // namespace

bool iconv_knows(const std::string& name) { return Converter(name, "UTF-8").is_open(); }

std::optional<std::string> iconv_convert(std::string_view bytes, const std::string& from,
                                         const std::string& to) {
  Converter converter(from, to);
  if (!converter.is_open()) return std::nullopt;
  std::string out;
  // iconv takes its input through a char**, and does not write to it.
  if (!converter.append(const_cast<char*>(bytes.data()), bytes.size(), out)) return std::nullopt;
  if (!converter.append(nullptr, 0, out)) return std::nullopt;
  return out;
}

}  // namespace mail
