#include "cgi-bin/http/form_data.h"

using formmail::boundary_of;
using formmail::FormData;
using formmail::FormDataError;
using formmail::FormDataLimits;
using formmail::parse_form_data;
using formmail::parse_multipart;
using formmail::parse_urlencoded;

namespace {

const FormDataLimits kLimits{10, 3};

FormData multipart(const std::string& body) { return parse_multipart("B", body, kLimits); }

std::string part(const std::string& disposition, const std::string& content) {
  return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

int status_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const FormDataError& error) {
    return error.status;
  }
  return 0;
}

}  // namespace

TEST_CASE("urlencoded pairs are decoded in their order") {
  const FormData data =
      parse_urlencoded("a=1&b=%E5%A4%AA+x&a=2&c&=d&&e=%3D%26&f=100%&g=%zz&h=%4&%20=%0A", kLimits);
  REQUIRE(data.size() == 10);
  CHECK(data[0].name == "a");
  CHECK(data[1].value == "太 x");
  CHECK(data[2].value == "2");
  CHECK(data[3].name == "c");
  CHECK(data[4].value == "d");
  CHECK(data[5].value == "=&");
  CHECK(data[6].value == "100%");
  CHECK(data[7].value == "%zz");
  CHECK(data[8].value == "%4");
  CHECK(data[9].name == " ");
  CHECK(data[9].value == "\n");
}

TEST_CASE("more urlencoded fields than allowed are 413") {
  std::string body;
  for (int i = 0; i < 10; ++i) body += "a=1&";
  CHECK(parse_urlencoded(body, kLimits).size() == 10);
  body += "a=1&";
  CHECK(status_of([&] { parse_urlencoded(body, kLimits); }) == 413);
}

TEST_CASE("parts are fields and files, byte for byte") {
  const std::string content("\r\n--\r\n--C\0\xff\r", 12);
  const FormData data =
      multipart(part("name=\"a\"", "1") + part("name=\"f\"; filename=\"x.bin\"", content) +
                part("name=\"e\"; filename=\"\"", "") + part("name=\"z\"", "") + "--B--\r\n");
  REQUIRE(data.size() == 4);
  CHECK(data[0].value == "1");
  CHECK(data[1].file_name == "x.bin");
  CHECK(data[1].file_bytes == content);
  CHECK_FALSE(data[2].file_name.has_value());
  CHECK(data[3].name == "z");
}

TEST_CASE("a preamble, blanks behind a boundary and an empty body are borne") {
  CHECK(multipart("preamble\r\n--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--").size() ==
        1);
  CHECK(multipart("--B--\r\n").empty());
  CHECK(multipart("--B\r\ncontent-disposition:form-data;name=\"a\"\r\n\r\n\r\n--B--").size() == 1);
}

TEST_CASE("names are read as browsers write them") {
  const auto name_of = [](const std::string& disposition) {
    return multipart(part(disposition, "") + "--B--").at(0).name;
  };
  CHECK(name_of("name=\"a%22b\"") == "a\"b");
  CHECK(name_of("name=\"a\\\"b\"") == "a\"b");
  CHECK(name_of("name=\"a%0D%0Ab\"") == "a\r\nb");
  CHECK(name_of("name=\"100%41\"") == "100%41");
  CHECK(name_of("name=\"\x95\x5C\"") == "\x95\x5C");
  CHECK(name_of("NAME=plain; x") == "plain");
}

TEST_CASE("file names: paths, semicolons, RFC 8187") {
  const auto file_of = [](const std::string& disposition) {
    return multipart(part("name=\"f\"; " + disposition, "x") + "--B--").at(0).file_name.value_or("none");
  };
  CHECK(file_of("filename=\"C:\\dir\\a;b.txt\"") == "C:\\dir\\a;b.txt");
  CHECK(file_of("filename=\"a\\\"b.txt\"") == "a\"b.txt");
  CHECK(file_of("filename=\"\x95\x5C\"") == "\x95\x5C");
  CHECK(file_of("filename*=UTF-8''%E5%A4%AA.txt") == "太.txt");
  CHECK(file_of("filename=\"a\"; filename*=UTF-8''b") == "b");
}

TEST_CASE("a damaged multipart body is 400") {
  for (const std::string& body : std::vector<std::string>{
           "", "x", "--B", "--B\r\n", part("name=\"a\"", "1"), part("name=\"a\"", "1") + "--B",
           part("x=\"a\"", "1") + "--B--", "--BX\r\n\r\n\r\n--B--",
           "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n--B--",
           "--B\r\nX: " + std::string(20000, 'x') + "\r\n\r\n\r\n--B--"}) {
    INFO(body.substr(0, 100));
    CHECK(status_of([&] { multipart(body); }) == 400);
  }
}

TEST_CASE("too many fields or files are 413") {
  std::string fields;
  for (int i = 0; i < 10; ++i) fields += part("name=\"a\"", "1");
  CHECK(multipart(fields + "--B--").size() == 10);
  fields += part("name=\"a\"", "1");
  CHECK(status_of([&] { multipart(fields + "--B--"); }) == 413);
  std::string files;
  for (int i = 0; i < 3; ++i) files += part("name=\"a\"; filename=\"b\"", "1");
  CHECK(multipart(files + "--B--").size() == 3);
  files += part("name=\"a\"; filename=\"b\"", "1");
  CHECK(status_of([&] { multipart(files + "--B--"); }) == 413);
}

TEST_CASE("a boundary has 1 to 70 characters") {
  CHECK(boundary_of("multipart/form-data; boundary=abc") == "abc");
  CHECK(boundary_of("multipart/form-data; charset=utf-8; Boundary=\"a b;c\"") == "a b;c");
  CHECK(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')).has_value());
  CHECK_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')).has_value());
  CHECK_FALSE(boundary_of("multipart/form-data; boundary=").has_value());
  CHECK_FALSE(boundary_of("multipart/form-data; boundary=\"a\x01\"").has_value());
  CHECK_FALSE(boundary_of("multipart/form-data").has_value());
}

TEST_CASE("the content type chooses the parser") {
  CHECK(parse_form_data("", "a=1", kLimits).size() == 1);
  CHECK(parse_form_data("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1", kLimits).size() == 1);
  CHECK(parse_form_data("multipart/form-data; boundary=B", "--B--", kLimits).empty());
  CHECK(status_of([] { parse_form_data("multipart/form-data", "", kLimits); }) == 400);
  CHECK(status_of([] { parse_form_data("application/json", "{}", kLimits); }) == 400);
}
