"""A name server that never answers: it holds up a webhook for as long as webhooks may take, and not longer."""
import socket

from harness import *
from harness import own_network
from harness.webhook import *


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
        add_webhook(formmail, "https://hooks.example/")
        fields = [("_profile_", "Contact"), ("_label_", "name:N"), ("name", "x")]
        self.assertEqual(Cgi(formmail).post("/freecgi/FormMail/index.cgi", fields).status, 200)

        def reason():
            return waiting_calls(formmail)[0]["reason"]

        wait_until(reason, 60, "the first try")
        self.assertEqual(reason(), "its name was not found in time")


if __name__ == "__main__":
    main()
