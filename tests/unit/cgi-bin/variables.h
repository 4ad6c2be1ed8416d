#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cgi-bin/http/environment.h"

/// An environment of the given NAME=VALUE strings.
class Variables {
 public:
  explicit Variables(std::vector<std::string> list) : list_(std::move(list)) {
    for (const std::string& entry : list_) pointers_.push_back(entry.c_str());
    pointers_.push_back(nullptr);
  }
  formmail::Environment environment() const { return formmail::Environment(pointers_.data()); }

 private:
  std::vector<std::string> list_;
  std::vector<const char*> pointers_;
};
