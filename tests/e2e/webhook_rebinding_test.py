"""A name that leads to a public address when it is judged, and inwards when it is called: the judged address is called."""
from harness import *
from harness import own_network
from harness.webhook import *

PUBLIC, INSIDE = "192.31.196.1", "127.0.0.1"
HOST = "hooks.attacker.example"


class Rebinding(ServerTest):
    def test_the_address_that_was_judged_is_the_one_that_is_called(self):
        try:
            own_network.enter(self.folder, [PUBLIC])
        except own_network.NotAllowed as error:
            self.skipTest(f"no network of our own: {error}")
        certificate = make_certificate(self.folder, [HOST])
        names = self.start(own_network.NameServer([PUBLIC, INSIDE]))
        outside = self.start(Hook([(500, {})], certificate, PUBLIC, 443))
        inside = self.start(Hook([], certificate, INSIDE, 443))
        formmail = FormMail(self.folder, self.start(SmtpSink()).port, self.folder,
                            settings={"webhook": {"certificates": str(certificate[0])}})
        add_webhook(formmail, f"https://{HOST}/")
        fields = [("_profile_", "Contact"), ("_label_", "name:N"), ("name", "x")]
        self.assertEqual(Cgi(formmail).post("/freecgi/FormMail/index.cgi", fields).status, 200)

        def reason():
            return waiting_calls(formmail)[0]["reason"]

        wait_until(reason, 60, "the first try")
        self.assertEqual((reason(), len(outside.requests), names.asked), ("status 500", 1, 1))
        self.assertEqual(run([formmail.binary, "flush"], env=formmail.environment).returncode, 75)
        self.assertEqual(reason(), f"{INSIDE} is not a public address")
        self.assertEqual(inside.requests, [])


if __name__ == "__main__":
    main()
