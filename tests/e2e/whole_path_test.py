"""The whole way: form, web server, formmail, scanrelay, Maildir or next hop."""
import re

from harness import *
from harness.example_site import ExampleSite
from harness.readable import attachments_of, parse, text_of

OWN = "/freecgi/FormMail/index.cgi"
FIELDS = [("_profile_", "Recruit"), ("_label_", "name:お名前:required"), ("_label_", "comment:内容"),
          ("_label_", "resume:履歴書:file"), ("name", "山田 太郎"), ("comment", "応募します。")]


def notice(virus, file, english="remove", japanese="削除"):
    return (f"[English]\nThe virus {virus} had been detected from {file}.\nExecuted processing : {english}\n\n"
            f"[Japanese]\nウイルス {virus} が {file} から検出されました。\n実行された処理:{japanese}\n\n")


class WholePath(ServerTest):
    def test_a_clean_submission_arrives_with_its_file(self):
        site = ExampleSite(self.start, self.folder)
        self.assertEqual(Browser(site.web.port).post(OWN, FIELDS + [("resume", File("a.bin", b"\0" * 5000))]).status, 200)
        mail, = wait_for_mail(site.maildir)
        self.assertEqual(parse(mail)["X-Virus-Status"], "clean")
        self.assertRegex(parse(mail)["X-Virus-Scanned"], r"^scanrelay \S+ \(ClamAV \S+/\S+\)$")
        self.assertEqual(attachments_of(mail), {"a.bin": b"\0" * 5000})

    def test_an_infected_file_is_gone_and_the_notice_stands_on_top(self):
        site = ExampleSite(self.start, self.folder)
        answer = Browser(site.web.port).post(OWN, FIELDS + [("resume", File("履歴書.com", eicar()))])
        self.assertEqual(answer.status, 200)
        mail, = wait_for_mail(site.maildir)
        self.assertEqual(parse(mail)["X-Virus-Status"], "removed")
        text = text_of(mail)
        self.assertTrue(text.startswith(notice("Eicar-Signature.UNOFFICIAL", "履歴書.com")) or
                        text.startswith(notice("Eicar-Signature", "履歴書.com")), text)
        self.assertIn("応募します。", text)
        self.assertEqual(attachments_of(mail), {})

    def test_an_infected_zip_is_named_in_the_notice(self):
        site = ExampleSite(self.start, self.folder)
        packed = zip_of({"readme.txt": b"hello", "setup.exe": eicar()})
        Browser(site.web.port).post(OWN, FIELDS + [("resume", File("photos.zip", packed))])
        mail, = wait_for_mail(site.maildir)
        status, text = parse(mail)["X-Virus-Status"], text_of(mail)
        done, file = {"removed": ("remove", "photos.zip"), "cleaned": ("clean", "photos.zip/setup.exe")}[status]
        self.assertRegex(text, rf"\A\[English\]\nThe virus Eicar-Signature\S* had been detected from {re.escape(file)}\.\n"
                               rf"Executed processing : {done}\n\n\[Japanese\]\n")
        self.assertNotIn(packed, attachments_of(mail).values())


class Relay(ServerTest):
    def test_a_next_hop_that_is_down_is_451(self):
        relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{free_port()}"))
        with SmtpClient(relay.port) as client:
            client.hello()
            reply = client.send_mail(mail_with())
            self.assertTrue(reply[0].startswith("451 4.4.1"), reply)

    def test_a_visitor_is_told_when_neither_relay_nor_outbox_takes_it(self):
        formmail = FormMail(self.folder, free_port())
        formmail.outbox.rmdir()
        formmail.outbox.write_text("a file where the folder should be")
        web = self.start(Lighttpd(self.folder, self.folder, formmail))
        answer = Browser(web.port).post(OWN, [("_profile_", "Contact"), ("_label_", "a:A"), ("a", "1"),
                                              ("_comp_title_", "THANK YOU")])
        self.assertEqual(answer.status, 503, answer.text)
        self.assertNotRegex(answer.text, r"<(title|h1)[^>]*>THANK YOU")
        self.assertTrue(answer.headers["Retry-After"])

    def test_ten_megabytes_and_not_a_byte_more(self):
        sink = self.start(SmtpSink(extensions=["SIZE 0", "8BITMIME"]))
        relay = self.start(Scanrelay(self.folder, next_hop=sink.url()))
        head = b"Subject: big\r\n\r\n"
        line = b"x" * 998 + b"\r\n"
        body = line * ((10485760 - len(head)) // len(line))
        rest = 10485760 - len(head) - len(body)
        fits = head + body + b"y" * (rest - 2) + b"\r\n"
        self.assertEqual(len(fits), 10485760)
        with SmtpClient(relay.port, timeout=120) as client:
            self.assertIn("250-SIZE 10485760", [line.replace("250 ", "250-") for line in client.hello()])
            self.assertEqual(code(client.send_mail(fits)), 250)
            self.assertEqual(client.send_mail(fits[:-2] + b"y\r\n")[0][:9], "552 5.3.4")
            self.assertEqual(code(client.send_mail(mail_with())), 250)  # the session goes on
            self.assertEqual(client.command("MAIL FROM:<a@b.example> SIZE=10485761")[0][:9], "552 5.3.4")
        self.assertEqual(len(sink.accepted), 2)
        self.assertTrue(sink.accepted[0].data.endswith(fits))

    def test_an_untrusted_client_is_refused_in_the_greeting(self):
        sink = self.start(SmtpSink())
        relay = self.start(Scanrelay(self.folder, next_hop=sink.url(),
                                     settings={"smtp": {"trusted_clients": ["192.0.2.0/24"]}}))
        with SmtpClient(relay.port) as client:
            self.assertEqual(client.greeting, ["554 5.7.1 Access denied"])
        self.assertEqual(sink.commands, [])

    def test_clean_mail_goes_on_byte_for_byte_below_its_new_headers(self):
        sink = self.start(SmtpSink())
        relay = self.start(Scanrelay(self.folder, next_hop=sink.url()))
        mail = mail_with({"a.bin": bytes(range(256))}, text="一行目\n.点\n..点点\n")
        with SmtpClient(relay.port) as client:
            client.hello()
            client.send_mail(b"X-Virus-Status: forged\r\n" + mail)
        got = sink.accepted[0].data
        self.assertTrue(got.endswith(mail))
        self.assertEqual([line.split(b":")[0] for line in got[:-len(mail)].splitlines()],
                         [b"X-Virus-Scanned", b"X-Virus-Status"])

    def test_a_port_in_use_and_a_folder_without_signatures_are_named(self):
        relay = self.start(Scanrelay(self.folder))
        other = self.folder / "other"
        other.mkdir()
        second = Scanrelay(other, port=relay.port)
        with self.assertRaisesRegex(ServerFailed, f"127.0.0.1:{relay.port}"):
            second.start()
        self.assertEqual(second.process.returncode, 2, second.log())
        empty = self.folder / "empty"
        empty.mkdir()
        third = Scanrelay(other, databases=[empty], name="third")
        with self.assertRaisesRegex(ServerFailed, str(empty)):
            third.start()
        self.assertEqual(third.process.returncode, 2, third.log())


if __name__ == "__main__":
    main()
