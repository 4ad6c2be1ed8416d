#pragma once

#include <optional>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "mail/address.h"
#include "mail/log.h"

namespace formmail {

/// The visitor's address, if an automatic reply may go there at all: not to an address of the site itself,
/// not to one that stands for a program or a role (postmaster, noreply, lists...), not to a local part that
/// another server could take for a route.
std::optional<mail::Address> auto_reply_address(const Site& site, const Profile& profile,
                                                const Submission& submission);

/// One spelling for all addresses that may reach the same mailbox: without upper case, what stands behind a
/// `+`, and the dots that some servers (Gmail) don't count in a local part.
std::string mailbox_of(const mail::Address& address);

/// The reply: null sender, Auto-Submitted: auto-replied (RFC 3834), and no word of the visitor's but the
/// fields that the profile allows by name, with their URLs taken out. The profile must have an autoreply.
/// Throws std::invalid_argument where the site's file names an address that is none.
ComposedMail compose_auto_reply(const Site& site, const Profile& profile, const Submission& submission,
                                const mail::Address& to, const mail::Log& log,
                                const std::filesystem::path& hoster_templates = {});

}  // namespace formmail
