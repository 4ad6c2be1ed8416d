#pragma once

namespace scanner {

/// Loads iconv's modules for the charsets that mail is written in, for the rest of this process's life and
/// that of its forks: a jailed worker can load none. Any other charset is unknown to a worker.
void load_charsets();

}  // namespace scanner
