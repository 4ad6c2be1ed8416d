#include "cgi-bin/mailing/csv.h"

using formmail::csv_line;

TEST_CASE("CSV lines quote every value (RFC 4180)") {
  CHECK(csv_line({"太郎", "", "a\"b", "x\ny", "1,2"}) == "\"太郎\",\"\",\"a\"\"b\",\"x\ny\",\"1,2\"\r\n");
}

TEST_CASE("a spreadsheet finds no formula") {
  for (const char* value : {"=1+1", "+81-3-0000-0000", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "\tx",
                            "＝1+1", "＋1", "－1", "＠x", "  @x"}) {
    CAPTURE(value);
    CHECK(csv_line({value}).starts_with("\"'"));
  }
  for (const char* value : {"0", "03-0000-0000", "a=b", "", "  ", "太郎"}) {
    CAPTURE(value);
    CHECK(csv_line({value}) == "\"" + std::string(value) + "\"\r\n");
  }
}

TEST_CASE("what a spreadsheet would change stays text") {
  for (const char* value :
       {"0312345678", "007", "1234567890123456", "1-2", "1-2-3", "10/12", "12e3", "1E5"}) {
    CAPTURE(value);
    CHECK(formmail::csv_line({value}) == "\"'" + std::string(value) + "\"\r\n");
  }
  for (const char* value : {"", "0", "10", "123456789012345", "03-1234-5678", "150-0001", "2026/11/22", "1.5",
                            "1e", "e5", "a-1", "1-", "1--2", "1-2/3", "1-2-3-4", "12"}) {
    CAPTURE(value);
    CHECK(formmail::csv_line({value}) == '"' + std::string(value) + "\"\r\n");
  }
}
