#pragma once

#include "scanner/engine/signature_sets.h"

namespace scanner {

/// Whether some signature matches only what libclamav itself took out of a mail: those bound to a container
/// of type mail (CL_TYPE_MAIL in .ldb and .cbc), and those for names of members of any container or of mail
/// (.cdb). A part that was decoded elsewhere and is scanned alone does not show them. Reads all of the sets,
/// .cvd files too; what can't be read counts as yes.
bool have_mail_bound_signatures(const SignatureSets& sets);

}  // namespace scanner
