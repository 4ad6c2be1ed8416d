"""Much of everything: text, also where a page of ours would carry it, as a stranger can pack it too; files; sites."""
import base64
import struct

from harness import *
from harness.readable import text_of
from harness.web_form import *

MEGABYTE = 1 << 20


def number(value):
    return struct.pack("<Q", value)


def packed(fields, head=b"", tail=b""):
    """Fields as the hidden ones of a generated page hold them."""
    entries = b"".join(number(len(text)) + text for field in fields for text in field)
    return base64.urlsafe_b64encode(head + number(len(fields)) + entries + tail).rstrip(b"=").decode()


def forged_seal(fields):
    head = b"".join(number(len(text)) + text for text in (b"sekisho-1", b"www.customer.example", b"Contact", b"0" * 16))
    return packed(fields, head + number(0) + number(0), number(0)) + ".forged"


class Amounts(WebFormTest):
    def refused(self, answer, reason):
        self.assertEqual(answer.status, 413, answer.text[:500])
        self.assertIn(f"reason={reason}", self.own.errors)
        self.assertLess(len(answer.body), 10000)
        self.assertEqual(len(self.mails()), 0)

    def test_text_is_limited_and_files_are_not(self):
        self.refused(self.post(text="x" * (MEGABYTE + 50000)), "too_much_text")
        self.refused(self.post(("_conf_msg_head_", "<" * (MEGABYTE + 50000)), confirm=True), "too_much_text")
        self.refused(self.own.post(OWN, self.form() + [("n" * (MEGABYTE + 50000), "")]), "too_much_text")
        upload = self.post(("f", File("a.txt", b"x" * 2 * MEGABYTE)), labels=("f:F:file",))
        self.assertEqual(upload.status, 200)

    def test_what_passes_on_the_first_page_passes_on_all_the_others(self):
        text = "漢<" * (MEGABYTE // 4)  # packed and escaped it is far longer
        for charset in ("utf-8", "euc-jp", "iso-2022-jp"):
            with self.subTest(charset=charset):
                page = self.post(text=text, confirm=True, charset=charset, name="太郎")
                self.assertEqual(page.status, 200, page.text[:500])
                again = self.own.submit(page, "_edit_")
                self.assertEqual(again.status, 200, again.text[:500])
                page = self.own.submit(again)
                self.assertEqual(page.status, 200, page.text[:500])
                self.assertEqual(self.own.submit(page).status, 200)
                self.assertIn(text, text_of(self.mails()[-1].data))

    def test_more_fields_do_not_come_in_packed(self):
        fields = [(b"_label_", b"f%d:L" % i) for i in range(1100)]
        self.refused(self.post(("_form_", packed(fields))), "too_many")
        self.refused(self.post(("_sealed_", forged_seal(fields))), "too_many")
        long = [(b"_label_", b"name:" + b"L" * (MEGABYTE + 50000))]
        self.refused(self.post(("_form_", packed(long))), "too_much_text")
        self.refused(self.post(("_sealed_", forged_seal(long))), "too_much_text")
        self.assertEqual(self.post(("_form_", packed([(b"_label_", b"more:More")])), name="x", more="x").status, 200)

    def test_many_small_files_fill_the_place_for_waiting_ones_as_large_ones_do(self):
        text = self.formmail.config.read_text()
        self.formmail.config.write_text(text + "[limits]\nmax_waiting_upload_bytes_per_client = 300000\n")
        statuses = [self.post(("f", File("a.txt", b"x")), labels=("f:F:file",), confirm=True).status for _ in range(6)]
        self.assertEqual(statuses, [200] * 4 + [503] * 2)
        self.assertEqual(len(list((self.formmail.outbox / "uploads").iterdir())), 4)
        other = Cgi(self.formmail, client="192.0.2.9")
        self.assertEqual(self.post(("f", File("a.txt", b"x")), labels=("f:F:file",), confirm=True, browser=other).status, 200)


class ManySites(WebFormTest):
    """A request reads its own site's file, and no other's: each that is read here would be told of in the log."""

    def setUp(self):
        super().setUp()
        self.others = [write_site(self.formmail.sites, f"www.c{i}.example", [f"www.c{i}.example", f"c{i}.example"],
                                  sender=f"f@c{i}.example", profiles=PROFILES) for i in range(50)]

    def break_others(self):
        for file in self.others:
            file.write_text("hosts = broken\n")

    def ask(self, host):
        browser = Cgi(self.formmail, host)
        return self.post(browser=browser).status, browser.errors

    def test_by_the_name_of_the_site(self):
        self.break_others()
        status, errors = self.ask("www.customer.example")
        self.assertEqual(status, 200)
        self.assertNotIn("site-broken", errors)

    def test_by_another_of_its_hosts(self):
        self.assertEqual(self.ask("customer.example")[0], 200)
        self.break_others()
        status, errors = self.ask("customer.example")
        self.assertEqual(status, 200)
        self.assertNotIn("site-broken", errors)

    def test_a_host_that_moves_to_another_site_is_found_there(self):
        self.assertEqual(self.ask("c7.example")[0], 200)
        write_site(self.formmail.sites, "www.c7.example", ["www.c7.example"], sender="f@c7.example", profiles=PROFILES)
        write_site(self.formmail.sites, "www.c8.example", ["www.c8.example", "c7.example"], sender="f@c8.example",
                   profiles=PROFILES)
        wait_until(lambda: self.ask("c7.example")[0] == 200, 60)
        self.assertIn("<f@c8.example>", self.mails()[-1].mail)


if __name__ == "__main__":
    main()
