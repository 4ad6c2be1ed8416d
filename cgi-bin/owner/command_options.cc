#include "cgi-bin/owner/command_options.h"

#include <iostream>
#include <system_error>

#include "cgi-bin/owner/surroundings.h"

namespace formmail {

namespace {

/// `command` with its mistakes told in one line.
template <int (*command)(const OwnerOptions&, std::ostream&, std::ostream&)>
int told(const OwnerOptions& options) {
  try {
    const int status = command(options, std::cout, std::cerr);
    if (std::cout.flush()) return status;
    std::cerr << "formmail: standard output can't be written\n";
  } catch (const OwnerError& error) {
    std::cerr << "formmail: " << error.what() << "\n";
  } catch (const std::system_error& error) {
    std::cerr << "formmail: " << error.what() << "\n";
  }
  return kOwnerUsage;
}

class OwnerCommands {
 public:
  OwnerCommands(CLI::App& app, OwnerOptions& options, std::function<void(OwnerCommand)> run)
      : app_(app), options_(options), run_(std::move(run)) {}

  CLI::App* add(const char* name, const char* help, OwnerCommand command) {
    CLI::App* added = app_.add_subcommand(name, help);
    added->add_option("--lang", options_.language, "language of what is printed; default: the locale's")
        ->check(CLI::IsMember({"ja", "en"}));
    added->add_option("--site", options_.site, "the site's name: www.customer.example")->type_name("NAME");
    added->callback([run = run_, command] { run(command); });
    return added;
  }

  CLI::App* add_with_page(const char* name, const char* help, OwnerCommand command) {
    CLI::App* added = add(name, help, command);
    added->add_option("PAGE.html", options_.page, "the page with the form")->required()->type_name("FILE");
    return added;
  }

 private:
  CLI::App& app_;
  OwnerOptions& options_;
  std::function<void(OwnerCommand)> run_;
};

}  // namespace

void add_owner_commands(CLI::App& app, OwnerOptions& options, std::function<void(OwnerCommand)> run) {
  OwnerCommands commands(app, options, std::move(run));
  commands.add_with_page("check", "what would be mailed to where, and what is wrong with a page's form",
                         told<check_command>);
  commands.add_with_page("rewrite", "change a page's form for the shared-SSL host", told<rewrite_command>)
      ->add_flag("--in-place", options.in_place, "change the file; default: write to standard output");
  commands.add_with_page("preview", "write a form's pages and mails as files", told<preview_command>)
      ->add_option("--output", options.output, "folder for the files")
      ->type_name("DIR")
      ->capture_default_str();
  CLI::App* create = commands.add("new", "add a profile to a site, print a form to paste", told<new_command>);
  create->get_option("--site")->required();
  create->add_option("--profile", options.profile, "the profile's name: Contact")
      ->required()
      ->type_name("NAME");
  create->add_option("--to", options.to, "who gets the mails")->required()->type_name("ADDRESS");
  create->add_option("--subject", options.subject, "subject of the mails")->type_name("TEXT");
  create
      ->add_option("--from", options.from, "for a site that isn't there yet: the address its mails come from")
      ->type_name("ADDRESS");
}

}  // namespace formmail
