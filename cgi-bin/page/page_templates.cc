#include "cgi-bin/page/page_templates.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cgi-bin/page/html.h"
#include "cgi-bin/page/template_file.h"
#include "cgi-bin/seal/base64url.h"
#include "cgi-bin/site/file_stamp.h"
#include "mail/builtin_template.h"

namespace formmail {

namespace {

using kainjow::mustache::mustache;

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

/// A template or a text file as last read; `text` is empty, and `page` null, where the file is broken.
struct Cached {
  FileStamp stamp;
  std::string text;
  std::unique_ptr<mustache> page;
  std::unique_ptr<Messages> messages;
  std::string csp_source;
};

/// An inline style sheet as a Content-Security-Policy names it, by its digest in base64 (CSP3 2.3.1).
std::string csp_hash(std::string_view digest) { return "'sha256-" + std::string(digest) + "'"; }

std::string sha256_base64(const std::string& text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::string digest(SHA256_DIGEST_SIZE, '\0');
  sha256_digest(&context, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
  std::string base64 = to_base64url(digest);
  // CSP3 takes both alphabets, CSP2 only this one.
  std::ranges::replace(base64, '-', '+');
  std::ranges::replace(base64, '_', '/');
  return base64 + "=";
}

/// Rendering notes its errors in the template object: each thread has its own.
std::map<std::string, Cached, std::less<>>& cache() {
  thread_local std::map<std::string, Cached, std::less<>> files;
  return files;
}

/// The file as it is now; null where there is none. A broken one is logged once.
Cached* current(const std::filesystem::path& file, const mail::Log& log) {
  const std::optional<FileStamp> stamp = stamp_of(file);
  if (!stamp) return nullptr;
  Cached& cached = cache()[file.string()];
  if (cached.stamp == *stamp) return &cached;
  cached = Cached{*stamp, "", nullptr, nullptr, {}};
  try {
    std::string text = read_template(file);
    if (file.extension() == ".html") {
      check_template(file, text);
      cached.page = parse(text);
    }
    cached.text = std::move(text);
  } catch (const TemplateError& error) {
    log.error("template-broken", {{"error", error.what()}});
  }
  return &cached;
}

Cached& builtin(const std::string& path) {
  Cached& cached = cache()[path];
  if (cached.text.empty()) cached.text = mail::builtin_template(path).value_or("");
  return cached;
}

}  // namespace

PageTemplates::PageTemplates(std::vector<std::filesystem::path> folders, const mail::Log& log)
    : folders_(std::move(folders)), log_(log) {
  std::erase_if(folders_, [](const std::filesystem::path& folder) { return folder.empty(); });
}

std::string PageTemplates::render(std::string_view language, std::string_view name,
                                  const kainjow::mustache::data& data) const {
  const std::string relative = std::string(language) + "/" + std::string(name) + ".html";
  for (const std::filesystem::path& folder : folders_) {
    const Cached* cached = current(folder / relative, log_);
    if (cached != nullptr && cached->page) return rendered(*cached->page, data);
  }
  Cached& own = builtin("pages/" + relative);
  if (!own.page) own.page = parse(own.text);
  return rendered(*own.page, data);
}

const Messages& PageTemplates::messages(std::string_view language) const {
  const std::string relative = std::string(language) + "/messages.txt";
  for (const std::filesystem::path& folder : folders_) {
    Cached* cached = current(folder / relative, log_);
    if (cached == nullptr || cached->text.empty()) continue;
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
    if (sheet == nullptr || sheet->text.empty()) sheet = current(folder / "style.css", log_);
  }
  if (sheet == nullptr || sheet->text.empty()) {
    sheet = &builtin("pages/style.css");
    sheet->csp_source = csp_hash(builtin("pages/style.css.sha256").text);
  } else if (sheet->csp_source.empty()) {
    sheet->csp_source = csp_hash(sha256_base64(sheet->text));
  }
  return {sheet->text, sheet->csp_source};
}

}  // namespace formmail
