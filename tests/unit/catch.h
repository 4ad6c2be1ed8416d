// Included before every unit test by the Makefile, as a precompiled header.
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>
