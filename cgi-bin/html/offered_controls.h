#pragma once

#include "cgi-bin/form/form.h"
#include "cgi-bin/site/site.h"

namespace formmail {

/// The controls of the form that was posted, from the owner's page on disk: the post itself carries values
/// alone, neither choices nor kinds. `path`: of the page below the site's root, as in its URL.
///
/// Empty where the site has no document_root, or the page isn't an ordinary HTML file below it that can be
/// read, of 512 kB at most: no symbolic link is followed. A field that the page gives controls of several
/// kinds is left out.
///
/// SECURITY: the path comes from a Referer, which anybody can write, and the page from the site's owner. What
/// can be learnt are the choices of a form that names this very profile.
OfferedControls read_offered_controls(const Site& site, const Form& form, std::string_view path);

}  // namespace formmail
