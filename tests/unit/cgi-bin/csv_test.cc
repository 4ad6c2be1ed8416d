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
