// libclamav answers "clean" in many cases where it did not look: limits, archives without an unpacker, what
// its parsers could not read. And one look is not enough for every kind of file. So a scan here is one or
// more looks, and what is reported comes from callbacks: each name found, and each layer that it goes
// through, which are counted here once more, and held against what the archives among them say that they
// hold.
#include "scanner/engine/clam_scanner.h"

#include <clamav.h>
#include <dlfcn.h>

#include <algorithm>
#include <memory>

#include "scanner/engine/archive/layer_count.h"
#include "scanner/engine/canary.h"
#include "scanner/engine/finding_class.h"

namespace scanner {

namespace {

/// What the callbacks of one look gathered.
struct Look {
  std::vector<std::string> names;  // in the order found, each once
  bool message = false;            // the outermost layer was taken for a mail
  bool html = false;               // some layer was
  bool rar = false;
  int layers = 0;
  LayerCount count;
};

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void note_virus(int, const char* virus, void* context) {
  if (context != nullptr && virus != nullptr) add_once(static_cast<Look*>(context)->names, virus);
}

cl_error_t note_layer(int, const char* type, void* context) {
  if (context == nullptr || type == nullptr) return CL_CLEAN;
  auto& look = *static_cast<Look*>(context);
  const std::string_view name = type;
  if (look.layers++ == 0) look.message = name == "CL_TYPE_MAIL";
  if (name.starts_with("CL_TYPE_HTML")) look.html = true;
  if (name.starts_with("CL_TYPE_RAR")) look.rar = true;
  return CL_CLEAN;
}

cl_error_t count_layer(int, const char*, const char**, std::size_t, const char*, std::size_t size,
                       const char* bytes, std::uint32_t level, std::uint32_t attributes, void* context) {
  if (context == nullptr || bytes == nullptr || (attributes & LAYER_ATTRIBUTES_NORMALIZED) != 0)
    return CL_CLEAN;
  // Nothing may be thrown through libclamav.
  try {
    static_cast<Look*>(context)->count.add({bytes, size}, static_cast<int>(level));
  } catch (const std::bad_alloc&) {
    return CL_EMEM;
  }
  return CL_CLEAN;
}

/// libclamav loads its RAR unpacker, which is not free software, at run time; without it a RAR passes unread.
bool unpacks_rar() {
  static const bool found = [] {
    for (const char* library : {"libclamunrar_iface.so.12", "libclamunrar_iface.so"}) {
      if (void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL)) return ::dlclose(handle) == 0;
    }
    return false;
  }();
  return found;
}

struct CloseMap {
  void operator()(cl_fmap_t* map) const { cl_fmap_close(map); }
};

/// What libclamav is to take apart.
enum class Parse : std::uint8_t { all, all_but_html, all_but_mail };

cl_scan_options options(Parse parse) {
  cl_scan_options all{};
  // Without "all matches" the first heuristic that speaks hides a virus behind it.
  all.general = CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS;
  all.parse = ~0U;
  if (parse == Parse::all_but_html) all.parse &= ~static_cast<unsigned>(CL_SCAN_PARSE_HTML);
  if (parse == Parse::all_but_mail) all.parse &= ~static_cast<unsigned>(CL_SCAN_PARSE_MAIL);
  all.heuristic =
      CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC;
  all.mail = CL_SCAN_MAIL_PARTIAL_MESSAGE;
  return all;
}

void classify(const Look& look, ScanOutcome& outcome) {
  for (const std::string& name : look.names) {
    switch (class_of(name)) {
      case FindingClass::virus:
        add_once(outcome.viruses, name);
        break;
      case FindingClass::not_scanned:
        add_once(outcome.unscannable, name);
        break;
      case FindingClass::no_virus:
        break;
    }
  }
  if (look.rar && !unpacks_rar()) add_once(outcome.unscannable, "rar");
}

/// One look. Adds to `outcome`; throws ScanError unless the bytes were looked at, or never can be.
Look look_at(const cl_engine* engine, std::string_view bytes, const std::string& file_name, Parse parse,
             ScanOutcome& outcome) {
  Look look;
  if (bytes.empty()) return look;  // libclamav makes no map of nothing
  const std::unique_ptr<cl_fmap_t, CloseMap> map(cl_fmap_open_memory(bytes.data(), bytes.size()));
  if (!map) throw ScanError("libclamav: out of memory");
  cl_scan_options all = options(parse);
  const char* virus = nullptr;
  unsigned long scanned = 0;
  const cl_error_t result = cl_scanmap_callback(map.get(), file_name.empty() ? nullptr : file_name.c_str(),
                                                &virus, &scanned, engine, &all, &look);
  if (result == CL_VIRUS && look.names.empty()) look.names.emplace_back(virus != nullptr ? virus : "Unknown");
  classify(look, outcome);
  switch (result) {
    case CL_CLEAN:
    case CL_VIRUS:
      break;
    // These depend on the bytes alone: a second try would end the same way.
    case CL_EMAXREC:
    case CL_EMAXSIZE:
    case CL_EMAXFILES:
    case CL_EUNPACK:
    case CL_EFORMAT:
    case CL_EPARSE:
      add_once(outcome.unscannable, cl_strerror(result));
      break;
    default:
      if (!outcome.infected()) throw ScanError(std::string("libclamav: ") + cl_strerror(result));
  }
  return look;
}

}  // namespace

void set_scan_callbacks(cl_engine* engine) {
  unpacks_rar();  // asked once, here: a jailed worker can load no library
  cl_engine_set_clcb_virus_found(engine, note_virus);
  cl_engine_set_clcb_pre_scan(engine, note_layer);
  cl_engine_set_clcb_file_inspection(engine, count_layer);
}

bool finds_canary(const cl_engine* engine) {
  Look look;
  const std::string_view text = canary_text();
  const std::unique_ptr<cl_fmap_t, CloseMap> map(cl_fmap_open_memory(text.data(), text.size()));
  cl_scan_options all = options(Parse::all);
  const char* virus = nullptr;
  unsigned long scanned = 0;
  const cl_error_t result = cl_scanmap_callback(map.get(), nullptr, &virus, &scanned, engine, &all, &look);
  return result == CL_VIRUS && std::any_of(look.names.begin(), look.names.end(), is_canary);
}

ScanOutcome ClamScanner::scan(std::string_view bytes, ScanAs how, const std::string& file_name) {
  ScanOutcome outcome;
  if (how == ScanAs::mapped_message && !always_parse_mail_) {
    look_at(engine_, bytes, file_name, Parse::all_but_mail, outcome);
    return outcome;
  }
  Look first = look_at(engine_, bytes, file_name, Parse::all, outcome);
  const bool is_message = how == ScanAs::message || how == ScanAs::mapped_message;
  // A message's parts are scanned each by itself, and counted there.
  if (!is_message) first.count.report(outcome);
  if (is_message && !first.message && !outcome.infected()) {
    // libclamav knows a mail by its first header field, and only some; a field that it knows is put in front.
    std::string headed = "Received: from scanrelay\r\n";
    headed += bytes;
    look_at(engine_, headed, file_name, Parse::all, outcome);
  }
  if (how == ScanAs::file && first.html && !outcome.infected()) {
    // HTML was looked at only as libclamav rewrites it, in lower case and without its layout.
    look_at(engine_, bytes, file_name, Parse::all_but_html, outcome);
  }
  return outcome;
}

}  // namespace scanner
