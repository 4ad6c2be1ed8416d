#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

/// A folder of the test's own, gone with it.
struct TestFolder {
  TestFolder() {
    std::string name = std::filesystem::temp_directory_path() / "formmail-test-XXXXXX";
    path = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path path;
};
