#pragma once

#include "cgi-bin/html/page_form.h"
#include "cgi-bin/http/form_data.h"
#include "cgi-bin/page/messages.h"

namespace formmail {

/// How the fields that visitors fill in are filled in.
enum class SampleFill { complete, empty };

/// What a browser would send of the form: its hidden fields as they are, each other field with a sample that
/// fits its rules (texts from templates/owner/LANGUAGE/samples.txt), or empty. UTF-8.
FormData sample_data(const PageForm& form, const Messages& samples, SampleFill fill);

}  // namespace formmail
