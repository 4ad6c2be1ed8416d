// Needs: cgi-bin/http/urlencoded.cc cgi-bin/http/multipart.cc
#include "cgi-bin/http/form_data.h"

#include "tests/fuzz/fuzz.h"

/// A body of any bytes under any Content-Type: files are views into it, limits hold.
void fuzz(std::string_view input) {
  const formmail::FormDataLimits limits{50, 5};
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(line + 1, input.size()));
  for (const std::string_view type :
       {input.substr(0, line), std::string_view("multipart/form-data; boundary=B"),
        std::string_view("application/x-www-form-urlencoded")}) {
    try {
      const formmail::FormData data = formmail::parse_form_data(type, body, limits);
      std::size_t files = 0;
      for (const formmail::FormEntry& entry : data) {
        const std::string_view bytes = entry.file_bytes;
        must(bytes.empty() ||
             (bytes.data() >= body.data() && bytes.data() + bytes.size() <= body.data() + body.size()));
        files += entry.file_name ? 1 : 0;
      }
      must(files <= limits.max_files && data.size() - files <= limits.max_fields);
    } catch (const formmail::FormDataError& error) {
      must(error.status == 400 || error.status == 413);
    }
  }
}
