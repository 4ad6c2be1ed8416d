// What scanrelay's own reading of a message costs: it is mapped, decoded and treated as ever, by a scanner
// that does nothing. For each line
//     FILE SECONDS
// on standard input prints one JSON line: processor time a message.
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "scanner/engine/virus_scanner.h"
#include "scanner/treatment/treatment.h"

namespace {

class NoScanner : public scanner::VirusScanner {
 public:
  scanner::ScanOutcome scan(std::string_view, scanner::ScanAs, const std::string&) override { return {}; }
  std::string version() const override { return "none"; }
};

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double cpu_ms_of_one(const std::string& message, double seconds) {
  NoScanner nothing;
  const double start = cpu_seconds();
  int done = 0;
  double used = 0;
  for (; used < seconds; used = cpu_seconds() - start, ++done) scanner::treat(message, nothing, {});
  return 1000 * used / done;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream fields(line);
    std::string path;
    double seconds = 0;
    std::ifstream file;
    if (fields >> path >> seconds) file.open(path, std::ios::binary);
    const std::string message{std::istreambuf_iterator<char>(file), {}};
    if (message.empty()) {
      std::cerr << "mapping: not understood: " << line << '\n';
      return 2;
    }
    std::cout << "{\"cpu_ms\": " << cpu_ms_of_one(message, seconds) << "}" << std::endl;
  }
}
