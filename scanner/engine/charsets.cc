#include "scanner/engine/charsets.h"

#include <iconv.h>

namespace scanner {

namespace {

constexpr const char* kCharsets[] = {
    "ASCII",         "UTF-7",         "UTF-16",      "UTF-16LE",    "UTF-16BE",    "UTF-32",
    "UCS-2",         "CP932",         "SHIFT_JIS",   "EUC-JP",      "EUC-JP-MS",   "ISO-2022-JP",
    "ISO-2022-JP-2", "ISO-2022-JP-3", "GB18030",     "GBK",         "GB2312",      "BIG5",
    "BIG5-HKSCS",    "EUC-TW",        "ISO-2022-CN", "HZ",          "UHC",         "EUC-KR",
    "JOHAB",         "ISO-2022-KR",   "TIS-620",     "CP874",       "ISO-8859-1",  "ISO-8859-2",
    "ISO-8859-3",    "ISO-8859-4",    "ISO-8859-5",  "ISO-8859-6",  "ISO-8859-7",  "ISO-8859-8",
    "ISO-8859-9",    "ISO-8859-10",   "ISO-8859-11", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15",
    "ISO-8859-16",   "CP1250",        "CP1251",      "CP1252",      "CP1253",      "CP1254",
    "CP1255",        "CP1256",        "CP1257",      "CP1258",      "CP437",       "CP850",
    "CP852",         "CP866",         "KOI8-R",      "KOI8-U",      "MACINTOSH",   "MAC-CYRILLIC",
    "TCVN",          "VISCII"};

}  // namespace

void load_charsets() {
  // Never closed: iconv unloads a module that nothing has open.
  for (const char* charset : kCharsets) {
    static_cast<void>(::iconv_open("UTF-8", charset));
    static_cast<void>(::iconv_open(charset, "UTF-8"));
  }
}

}  // namespace scanner
