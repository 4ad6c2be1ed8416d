#include "cgi-bin/page/page_templates.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "cgi-bin/page/html.h"
#include "cgi-bin/seal/base64url.h"
#include "cgi-bin/site/file_stamp.h"
#include "mail/builtin_template.h"

namespace formmail {

namespace {

using kainjow::mustache::mustache;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::unique_ptr<mustache> parse(const std::string& text) {
  auto parsed = std::make_unique<mustache>(text);
  parsed->set_custom_escape([](const std::string& value) { return html_escape(value); });
  return parsed;
}

std::string rendered(mustache& page, const kainjow::mustache::data& data) {
  std::string out;
  page.render(data, [&out](const std::string& piece) { out += piece; });
  return out;
}

/// A template or a text file as last read; `page` is null where the file is broken.
struct Cached {
  FileStamp stamp;
  std::string text;
  std::unique_ptr<mustache> page;
  std::unique_ptr<Messages> messages;
  std::string csp_source;
};

/// What a Content-Security-Policy names an inline style sheet by (CSP3 2.3.1).
std::string csp_hash(const std::string& text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::string digest(SHA256_DIGEST_SIZE, '\0');
  sha256_digest(&context, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
  std::string base64 = to_base64url(digest);
  // CSP3 takes both alphabets, CSP2 only this one.
  std::ranges::replace(base64, '-', '+');
  std::ranges::replace(base64, '_', '/');
  return "'sha256-" + base64 + "='";
}

/// Rendering notes its errors in the template object: each thread has its own.
std::map<std::string, Cached, std::less<>>& cache() {
  thread_local std::map<std::string, Cached, std::less<>> files;
  return files;
}

/// The file as it is now; null where there is none. `fresh`: read by this call.
Cached* current(const std::filesystem::path& file, bool& fresh) {
  const std::optional<FileStamp> stamp = stamp_of(file);
  if (!stamp) return nullptr;
  Cached& cached = cache()[file.string()];
  fresh = !(cached.stamp == *stamp);
  if (fresh) cached = Cached{*stamp, content_of(file), nullptr, nullptr, {}};
  return &cached;
}

Cached& builtin(const std::string& path) {
  Cached& cached = cache()[path];
  if (cached.text.empty()) cached.text = mail::builtin_template(path).value_or("");
  return cached;
}

}  // namespace

void check_template(const std::filesystem::path& file, const std::string& text) {
  const mustache parsed(text);
  if (parsed.is_valid()) return;
  const std::string& message = parsed.error_message();
  std::size_t position = 0;
  const std::size_t at = message.rfind(" at ");
  if (at != std::string::npos) {
    std::from_chars(message.data() + at + 4, message.data() + message.size(), position);
  }
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(position, text.size()));
  const auto line = 1 + std::count(text.begin(), end, '\n');
  throw TemplateError(file.string() + ":" + std::to_string(line) + ": " + message.substr(0, at));
}

PageTemplates::PageTemplates(std::vector<std::filesystem::path> folders, const mail::Log& log)
    : folders_(std::move(folders)), log_(log) {
  std::erase_if(folders_, [](const std::filesystem::path& folder) { return folder.empty(); });
}

std::string PageTemplates::render(std::string_view language, std::string_view name,
                                  const kainjow::mustache::data& data) const {
  const std::string relative = std::string(language) + "/" + std::string(name) + ".html";
  for (const std::filesystem::path& folder : folders_) {
    bool fresh = false;
    Cached* cached = current(folder / relative, fresh);
    if (cached == nullptr) continue;
    if (fresh) {
      try {
        check_template(folder / relative, cached->text);
        cached->page = parse(cached->text);
      } catch (const TemplateError& error) {
        log_.error("template-broken", {{"error", error.what()}});
      }
    }
    if (cached->page) return rendered(*cached->page, data);
  }
  Cached& own = builtin("pages/" + relative);
  if (!own.page) own.page = parse(own.text);
  return rendered(*own.page, data);
}

const Messages& PageTemplates::messages(std::string_view language) const {
  const std::string relative = std::string(language) + "/messages.txt";
  for (const std::filesystem::path& folder : folders_) {
    bool fresh = false;
    Cached* cached = current(folder / relative, fresh);
    if (cached == nullptr) continue;
    if (!cached->messages) {
      // Behind the hoster's texts stand the built-in ones: a file may hold only some of them.
      cached->text += "\n" + builtin("pages/" + relative).text;
      cached->messages = std::make_unique<Messages>(cached->text);
    }
    return *cached->messages;
  }
  Cached& own = builtin("pages/" + relative);
  if (!own.messages) own.messages = std::make_unique<Messages>(own.text);
  return *own.messages;
}

PageTemplates::StyleSheet PageTemplates::style_sheet() const {
  Cached* sheet = nullptr;
  for (const std::filesystem::path& folder : folders_) {
    bool fresh = false;
    if (sheet == nullptr) sheet = current(folder / "style.css", fresh);
  }
  if (sheet == nullptr) sheet = &builtin("pages/style.css");
  if (sheet->csp_source.empty()) sheet->csp_source = csp_hash(sheet->text);
  return {sheet->text, sheet->csp_source};
}

}  // namespace formmail
