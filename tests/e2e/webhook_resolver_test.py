"""A name server that never answers: it holds up a webhook for as long as webhooks may take, and not longer."""
import json
import socket

from harness import *
from harness import own_network
from owner_webhook_test import SECRET


class SilentResolver(ServerTest):
    def test_it_is_given_up_in_time(self):
        try:
            own_network.enter(self.folder)  # whose resolver would try for ten seconds
        except own_network.NotAllowed as error:
            self.skipTest(f"no network of our own: {error}")
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 53))
        formmail = FormMail(self.folder, self.start(SmtpSink()).port, self.folder, settings={"webhook": {"timeout_seconds": 1}})
        file = formmail.sites / "www.customer.example.toml"
        file.write_text(file.read_text() + f'\n[profile.Contact.webhook]\nurl = "https://hooks.example/"\nsecret = "{SECRET}"\n')
        fields = [("_profile_", "Contact"), ("_label_", "name:N"), ("name", "x")]
        self.assertEqual(Cgi(formmail).post("/freecgi/FormMail/index.cgi", fields).status, 200)

        def reason():
            listed = run([formmail.binary, "webhooks", "list", "--json"], env=formmail.environment).stdout
            return json.loads(listed)["reason"]

        wait_until(reason, 60, "the first try")
        self.assertEqual(reason(), "its name was not found in time")


if __name__ == "__main__":
    main()
