#pragma once

#include "scanner/settings.h"
#include "scanner/treatment/treatment.h"

namespace scanner {

/// The texts of the notice: clean.txt, remove.txt and (it may be missing) unscannable.txt of the configured
/// folder; without one, of templates/notice beside the folder of the program (a build tree), else of the
/// installed folder, else as they were when the program was built. Throws UsageError if a file of the
/// configured folder can't be read, or one would make no readable notice.
NoticeTemplates notice_templates(const Settings::Notice& settings);

}  // namespace scanner
