#include "cgi-bin/site/site_directory.h"

#include <unistd.h>

#include <fstream>

#include "cgi-bin/site/host_name.h"
#include "mail/config.h"

namespace {

class Sites {
 public:
  Sites() : path_(std::filesystem::temp_directory_path() / ("sites-test-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_ / "sites");
  }
  ~Sites() { std::filesystem::remove_all(path_); }
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  void write(const std::string& name, const std::string& text) {
    // Times of files are coarse: a changed size shows in any case.
    std::ofstream(file(name)) << text << std::string(static_cast<std::size_t>(++writes_), '\n');
  }
  void write_site(const std::string& name, const std::string& hosts) {
    write(name,
          "hosts = [" + hosts + "]\nfrom = \"f@a.example\"\n[profile.Contact]\nto = [\"a@a.example\"]\n");
  }
  void remove(const std::string& name) { std::filesystem::remove(file(name)); }
  formmail::SiteDirectory directory() { return {path_ / "sites", path_ / "hosts.index", log_}; }

 private:
  std::filesystem::path file(const std::string& name) const {
    std::filesystem::path path = path_ / "sites" / name;
    return path += ".toml";
  }

  std::filesystem::path path_;
  mail::Log log_{"test"};
  int writes_ = 0;
};

std::string name_of(const std::shared_ptr<const formmail::Site>& site) { return site ? site->name : "none"; }

}  // namespace

TEST_CASE("a site is found by its name and by each of its hosts") {
  Sites sites;
  sites.write_site("www.a.example", "\"www.a.example\", \"A.example\", \"例え.jp\"");
  sites.write_site("www.b.example", "\"b.example\"");
  auto directory = sites.directory();
  CHECK(name_of(directory.by_name("www.a.example")) == "www.a.example");
  for (const std::string host : {"www.a.example", "a.example", "xn--r8jz45g.jp"}) {
    CHECK(name_of(directory.by_host(host)) == "www.a.example");
  }
  CHECK(name_of(directory.by_host("b.example")) == "www.b.example");
  CHECK(name_of(directory.by_host("www.b.example")) == "none");
  CHECK(name_of(directory.by_host("c.example")) == "none");
  CHECK(name_of(directory.by_host("")) == "none");
}

TEST_CASE("no name leads out of the folder") {
  Sites sites;
  sites.write_site("www.a.example", "\"a.example\"");
  auto directory = sites.directory();
  for (const std::string name :
       {"../sites/www.a.example", "/etc/passwd", "", ".", "..", "WWW.A.example", "www.a.example/", "[::1]"}) {
    INFO(name);
    CHECK(name_of(directory.by_name(name)) == "none");
    CHECK_FALSE(directory.has_name(name));
  }
}

TEST_CASE("a changed file is read again, a removed one is gone, a broken one goes on as it was") {
  Sites sites;
  sites.write_site("www.a.example", "\"www.a.example\"");
  auto directory = sites.directory();
  CHECK(directory.by_name("www.a.example")->hosts.size() == 1);
  sites.write_site("www.a.example", "\"www.a.example\", \"a.example\"");
  CHECK(directory.by_name("www.a.example")->hosts.size() == 2);
  sites.write("www.a.example", "hosts = 5\n");
  CHECK(directory.by_name("www.a.example")->hosts.size() == 2);
  sites.remove("www.a.example");
  CHECK(name_of(directory.by_name("www.a.example")) == "none");
  sites.write("www.b.example", "hosts = 5\n");
  CHECK_THROWS_AS(directory.by_name("www.b.example"), mail::ConfigError);
}

TEST_CASE("another process finds a second host in the index without reading all sites") {
  Sites sites;
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    const std::string host = "s" + n + ".example";
    sites.write_site("www." + host, "\"www." + host + "\", \"" + host + "\"");
  }
  CHECK(name_of(sites.directory().by_host("s7.example")) == "www.s7.example");
  CHECK(name_of(sites.directory().by_host("s8.example")) == "www.s8.example");
  sites.write_site("www.s9.example", "\"www.s9.example\"");
  CHECK(name_of(sites.directory().by_host("s9.example")) == "none");
}

TEST_CASE("host names are compared without port, dot and case, as A-labels") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"WWW.Example.JP", "www.example.jp"},
      {"a.example:8080", "a.example"},
      {"a.example.", "a.example"},
      {"例え.jp", "xn--r8jz45g.jp"},
      {"[2001:DB8::1]:80", "[2001:db8::1]"},
      {"127.0.0.1", "127.0.0.1"},
      {"a_b.example", "a_b.example"},
      {"", ""},
      {"a..b", ""},
      {".a", ""},
      {"a b", ""},
      {"a/b", ""},
      {"a@b", ""},
      {"a:b", ""},
      {"a%2eb", ""},
      {"[::1", ""},
      {"[x]", ""},
      {"a:80:80", ""},
      {std::string(300, 'a'), ""},
      {"a\nb", ""},
  };
  for (const auto& [given, expected] : rows) {
    INFO(given);
    CHECK(formmail::host_name(given) == expected);
  }
}
