#include "scanner/engine/clam_engine.h"

#include <clamav.h>

#include <fstream>
#include <string_view>

#include "scanner/engine/archive/archive_scanner.h"
#include "scanner/engine/canary.h"
#include "scanner/engine/clam_scanner.h"
#include "scanner/engine/huge_pages.h"
#include "scanner/engine/limits.h"
#include "scanner/engine/mail_signatures.h"

namespace scanner {

namespace {

/// The last thing libclamav complained of while it loaded: says more than its error code. Loading happens
/// once, at the start of an engine's process; libclamav's message callback has no context of its own.
std::string& last_complaint() {
  static std::string text;
  return text;
}

void keep_complaint(cl_msg severity, const char*, const char* message, void*) {
  if (severity != CL_MSG_ERROR && severity != CL_MSG_WARN) return;
  std::string_view text = message;
  while (text.ends_with('\n')) text.remove_suffix(1);
  last_complaint() = text;
}

void ignore_message(cl_msg, const char*, const char*, void*) {}

bool is_temporary(cl_error_t error) {
  return error == CL_EMEM || error == CL_ETMPDIR || error == CL_ETMPFILE || error == CL_ECREAT ||
         error == CL_EWRITE || error == CL_EMAP;
}

void check(cl_error_t error, const std::string& what) {
  if (error == CL_SUCCESS) return;
  std::string text = what + ": " + cl_strerror(error);
  if (!last_complaint().empty()) text += " (" + last_complaint() + ")";
  throw EngineError(text, is_temporary(error));
}

void set_number(cl_engine* engine, cl_engine_field field, long long number) {
  check(cl_engine_set_num(engine, field, number), "libclamav refuses a setting");
}

void set_limits(cl_engine* engine) {
  // libclamav stops here and says so through Heuristics.Limits, mostly (see archive_readings.cc).
  set_number(engine, CL_ENGINE_MAX_SCANSIZE, limits::kScanBytes);
  set_number(engine, CL_ENGINE_MAX_FILESIZE, limits::kFileBytes);
  set_number(engine, CL_ENGINE_MAX_RECURSION, limits::kDepth);
  set_number(engine, CL_ENGINE_MAX_FILES, limits::kFiles);
  // Its time limit ends a scan with "clean". Time is kept by the worker's alarm, which ends the worker.
  set_number(engine, CL_ENGINE_MAX_SCANTIME, 0);
  // The cache of clean files knows no scan options: what one look found clean, it hides from the next look,
  // which takes the bytes in another way, and from the count of what could not be unpacked.
  set_number(engine, CL_ENGINE_DISABLE_CACHE, 1);
}

std::uint32_t load_file(cl_engine* engine, const std::filesystem::path& path) {
  unsigned int count = 0;
  check(cl_load(path.c_str(), engine, &count, CL_DB_STDOPT), "signatures " + path.string());
  return count;
}

void load_canary(cl_engine* engine, const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "canary.ndb";
  std::ofstream stream(file);
  stream << canary_signature() << '\n';
  stream.close();
  if (!stream) throw EngineError("can't write " + file.string(), true);
  load_file(engine, file);
  std::filesystem::remove(file);
}

}  // namespace

void ClamEngine::Free::operator()(cl_engine* engine) const { cl_engine_free(engine); }

ClamEngine::ClamEngine(const SignatureSets& sets, const std::filesystem::path& temporary_folder) {
  cl_set_clcb_msg(keep_complaint);
  check(cl_init(CL_INIT_DEFAULT), "libclamav");
  engine_.reset(cl_engine_new());
  if (!engine_) throw EngineError("libclamav: out of memory", true);
  set_limits(engine_.get());
  use_temporary_folder(temporary_folder);
  for (const std::filesystem::path& path : sets.paths) {
    const std::uint32_t count = load_file(engine_.get(), path);
    if (count == 0) throw EngineError("signatures " + path.string() + ": none in it");
    signatures_ += count;
  }
  mail_bound_signatures_ = have_mail_bound_signatures(sets);
  load_canary(engine_.get(), temporary_folder);
  set_scan_callbacks(engine_.get());
  check(cl_engine_compile(engine_.get()), "signatures");
  use_huge_pages();
  cl_set_clcb_msg(ignore_message);
  if (!finds_canary(engine_.get())) throw EngineError("the engine does not find its canary");
}

ClamEngine::~ClamEngine() = default;

void ClamEngine::use_temporary_folder(const std::filesystem::path& folder) {
  check(cl_engine_set_str(engine_.get(), CL_ENGINE_TMPDIR, folder.c_str()), "libclamav's temporary folder");
}

std::int64_t ClamEngine::built() const {
  return cl_engine_get_num(engine_.get(), CL_ENGINE_DB_TIME, nullptr);
}

std::string ClamEngine::version() const {
  return std::string(cl_retver()) + "/" +
         std::to_string(cl_engine_get_num(engine_.get(), CL_ENGINE_DB_VERSION, nullptr));
}

std::unique_ptr<VirusScanner> ClamEngine::scanner() const {
  return std::make_unique<ArchiveScanner>(
      std::make_unique<ClamScanner>(engine_.get(), version(), mail_bound_signatures_));
}

}  // namespace scanner
