#pragma once

namespace scanner {

/// Moves what this process has in memory into huge pages, for itself and for the processes that are forked
/// from it: matching jumps about in all of the signatures, and each jump to another small page costs a walk
/// through the page tables. Takes no memory: a huge page is made only of small ones that are all there. Where
/// the kernel can't (before Linux 6.1), nothing changes.
void use_huge_pages();

}  // namespace scanner
