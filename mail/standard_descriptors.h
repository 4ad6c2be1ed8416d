#pragma once

namespace mail {

/// Makes sure that descriptors 0 to 2 are taken. One that the program was started without would else be the
/// number of the next file or socket, and what is meant for standard output or error would be written there.
/// It stays unusable: reading or writing it fails. To be called first in main().
void occupy_standard_descriptors();

}  // namespace mail
