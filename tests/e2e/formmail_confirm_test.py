"""The confirmation: sealed, sent once, edited, altered, expired, foreign; uploads wait for it."""
import concurrent.futures
import os
import re
import time

from harness import *
from harness.readable import attachments_of, text_of
from harness.web_form import *

FILE_LABELS = ("name:お名前:required", "text:内容", "cv:履歴書:file")


class Confirm(WebFormTest):
    def confirm(self, *more, **form):
        page = self.post(("_comp_title_", "終わり"), *more, confirm=True, **form)
        self.assertEqual(page.status, 200, page.text + self.own.errors)
        self.assertEqual(len(self.mails()), 0)
        return page

    def assert_completed(self, answer, mails=1):
        self.assertEqual(answer.status, 200, answer.text + self.own.errors)
        self.assertIn('<h1 class="title">終わり</h1>', answer.text)
        self.assertEqual(len(self.mails()), mails)

    def assert_form_again(self, answer, status):
        self.assertEqual(answer.status, status, answer.text + self.own.errors)
        self.assertIn('<table class="input">', answer.text)
        self.assertNotIn("終わり", answer.text)
        self.assertEqual(dict(answer.forms[0].fields)["name"], "太郎")

    def test_the_page_shows_the_entries_and_mails_them_when_sent(self):
        page = self.confirm(name="太郎", text="一行目\r\n二行目")
        self.assertIn("<td>一行目<br>\n二行目</td>", page.text)
        self.assert_completed(self.own.submit(page))
        self.assertIn("一行目\n二行目", text_of(self.mails()[0].data))

    def test_sending_twice_mails_once_and_shows_the_same_page(self):
        page = self.confirm()
        first, second = self.own.submit(page), self.own.submit(page)
        self.assert_completed(first)
        self.assert_completed(second)
        self.assertEqual(first.text, second.text)

    def test_two_tabs_are_two_submissions_and_each_is_mailed_once(self):
        first, second = self.confirm(name="太郎", text="一"), self.confirm(name="太郎", text="二")
        edited = self.own.submit(self.own.submit(first, "_edit_"), change={"text": "三"})
        for page, mails in ((second, 1), (edited, 2), (second, 2), (first, 3), (edited, 3), (first, 3)):
            self.assert_completed(self.own.submit(page), mails)
        for mail, text in zip(self.mails(), "二三一"):
            self.assertIn(f"内容: {text}\n", text_of(mail.data))

    def test_sending_ten_times_at_once_mails_once(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=0.3))
        page = self.confirm()
        senders = [Cgi(self.formmail) for _ in range(10)]
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda sender: sender.submit(page), senders))
        for sender, answer in zip(senders, answers):
            self.assertEqual(answer.status, 200, sender.errors)
            self.assert_completed(answer)

    def test_going_back_to_edit_and_sending_the_new_entries(self):
        edit = self.own.submit(self.confirm(), "_edit_")
        self.assert_form_again(edit, 200)
        page = self.own.submit(edit, change={"name": "花子"})
        self.assertIn("花子", page.text)
        self.assertIn('<table class="confirm">', page.text)
        self.assert_completed(self.own.submit(page))
        self.assertIn("花子", text_of(self.mails()[0].data))

    def test_a_send_that_failed_can_be_sent_again(self):
        page = self.confirm()
        self.sink.stop()
        queue = self.formmail.outbox / "queue"
        queue.write_text("no folder")
        self.assertEqual(self.own.submit(page).status, 503)
        self.sink.start()
        self.assert_completed(self.own.submit(page))

    def test_a_claim_whose_process_died_is_free_again(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=30))
        page = self.confirm()
        import subprocess
        body = encode_urlencoded([(n, v) for n, v in page.forms[0].fields] + [("_send_", "x")])
        env = {**os.environ, **self.formmail.environment, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
               "HTTP_HOST": "www.customer.example", "REQUEST_URI": OWN, "CONTENT_LENGTH": str(len(body)),
               "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        process = subprocess.Popen([self.formmail.binary], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=env)
        process.stdin.write(body)
        process.stdin.close()
        wait_until(lambda: self.sink.messages or any("DATA" in line for _, line in self.sink.commands))
        process.kill()
        process.wait()
        self.sink.on(".", None)
        before = len(self.mails())
        answer = self.own.submit(page)
        self.assertEqual(answer.status, 200)
        self.assertEqual(len(self.mails()), before + 1)

    def test_every_altered_byte_is_noticed(self):
        page = self.confirm()
        sealed = sealed_of(page)
        for at in (0, 1, 40, 100, len(sealed) // 2, len(sealed) - 45, len(sealed) - 44, len(sealed) - 43, len(sealed) - 1):
            with self.subTest(at=at):
                other = "A" if sealed[at] != "A" else "B"
                answer = self.own.submit(page, change={"_sealed_": sealed[:at] + other + sealed[at + 1:]})
                self.assertEqual(answer.status, 403, answer.text)
                self.assertEqual(len(self.mails()), 0)
        for altered in ("", ".", "x", sealed + "A", sealed[:-1], sealed.split(".")[0], sealed.split(".")[0] + ".", "." + sealed):
            with self.subTest(altered=altered[:10]):
                self.assertEqual(self.own.submit(page, change={"_sealed_": altered}).status, 403)
        self.assertEqual(len(self.mails()), 0)

    def test_an_altered_seal_keeps_the_entries(self):
        page = self.confirm()
        sealed = sealed_of(page)
        self.assert_form_again(self.own.submit(page, change={"_sealed_": sealed[:-1] + ("A" if sealed[-1] != "A" else "B")}), 403)

    def test_a_seal_of_another_profile_site_or_machine_is_foreign(self):
        page = self.confirm()
        self.assert_form_again(self.own.submit(page, change={"_profile_": "Order"}), 403)
        other = Cgi(self.formmail, "www.other.example")
        fields = [(name, value) for name, value in page.forms[0].fields]
        self.assertEqual(other.post(OWN, fields).status, 403)
        (self.formmail.outbox / "secret").unlink()
        self.assert_form_again(self.own.submit(page), 403)
        self.assertEqual(len(self.mails()), 0)

    def test_an_expired_page_is_410_and_keeps_the_entries(self):
        page = self.confirm()
        self.assert_form_again(self.own.submit(page, change=self.reseal(page, expires_at=time.time() - 5)), 410)
        self.assertEqual(len(self.mails()), 0)

    def test_a_clock_that_was_set_back_holds_up_nobody(self):
        page = self.confirm()
        self.assert_completed(self.own.submit(page, change=self.reseal(page, sealed_at=time.time() + 60)))

    def test_a_page_that_was_sent_shows_its_completion_even_when_expired(self):
        page = self.confirm()
        self.assert_completed(self.own.submit(page))
        self.assert_completed(self.own.submit(page, change=self.reseal(page, expires_at=time.time() - 5)))

    def test_the_secret_is_readable_by_its_user_alone(self):
        self.confirm()
        self.assertEqual((self.formmail.outbox / "secret").stat().st_mode & 0o777, 0o600)
        self.assertEqual(len((self.formmail.outbox / "secret").read_bytes()), 32)

    def test_many_processes_make_one_secret(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: Cgi(self.formmail).post(OWN, self.form(confirm=True)), range(8)))
        for page in pages:
            self.assertEqual(self.own.submit(page).status, 200)
        self.assertEqual(len(self.mails()), 8)
        self.assertEqual([f.name for f in self.formmail.outbox.glob("secret*")], ["secret"])

    def test_an_upload_waits_and_is_mailed(self):
        content = os.urandom(50000) + b"\r\n--\r\n"
        page = self.confirm(("cv", File("履歴書 表.bin", content)), labels=FILE_LABELS)
        self.assertIn("履歴書 表.bin", page.text)
        self.assertEqual(len(list((self.formmail.outbox / "uploads").iterdir())), 1)
        self.assert_completed(self.own.submit(page))
        self.assertEqual(attachments_of(self.mails()[0].data), {"履歴書 表.bin": content})
        self.assertEqual(list((self.formmail.outbox / "uploads").iterdir()), [])
        self.assert_completed(self.own.submit(page))

    def test_an_upload_survives_the_form_again(self):
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        edit = self.own.submit(page, "_edit_")
        self.assertIn("a.txt", edit.text)
        again = self.own.submit(edit, change={"name": ""})
        self.assertEqual(again.status, 422)
        self.assertIn("a.txt", again.text)
        self.assert_completed(self.own.submit(self.own.submit(again, change={"name": "花子"})))
        self.assertEqual(attachments_of(self.mails()[0].data), {"a.txt": b"first"})

    def test_an_upload_of_a_form_with_errors_is_not_lost(self):
        again = self.post(("cv", File("a.txt", b"first")), labels=FILE_LABELS, name="")
        self.assertEqual(again.status, 422)
        self.assertEqual(self.own.submit(again, change={"name": "花子"}).status, 200)
        self.assertEqual(attachments_of(self.mails()[0].data), {"a.txt": b"first"})

    def test_a_new_file_takes_the_place_of_the_kept_one(self):
        edit = self.own.submit(self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS), "_edit_")
        fields = edit.forms[0].fields + [("cv", File("b.txt", b"second"))]
        page = self.own.post(OWN, fields)
        self.assert_completed(self.own.submit(page))
        self.assertEqual(attachments_of(self.mails()[0].data), {"b.txt": b"second"})

    def test_an_upload_that_is_gone_is_told(self):
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        for file in (self.formmail.outbox / "uploads").iterdir():
            file.unlink()
        answer = self.own.submit(page)
        self.assert_form_again(answer, 422)
        self.assertIn("履歴書", re.search(r'role="alert".*?</div>', answer.text, re.S)[0])

    def test_an_optional_file_is_never_lost_without_a_word(self):
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        edit = self.own.submit(page, "_edit_")
        self.assert_completed(self.own.submit(page))
        again = self.own.submit(edit)  # back, after the file went out with the first mail
        self.assert_form_again(again, 422)
        self.assertIn("「履歴書」のファイルを引き継げませんでした", again.text)
        self.assertIn("「履歴書」のファイルを引き継げませんでした", self.own.submit(page, "_edit_").text)
        self.assertIn('<table class="confirm">', self.own.submit(again).text)  # who was told may do without

    def test_a_new_secret_and_an_expired_page_tell_of_lost_files(self):
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        edit = self.own.submit(page, "_edit_")
        (self.formmail.outbox / "secret").unlink()
        for answer, status in ((self.own.submit(page), 403), (self.own.submit(edit), 422)):
            self.assert_form_again(answer, status)
            self.assertIn("「履歴書」のファイルを引き継げませんでした", answer.text)
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        expired = self.own.submit(page, change=self.reseal(page, expires_at=time.time() - 5))
        self.assert_form_again(expired, 410)
        self.assertNotIn("引き継げませんでした", expired.text)
        self.assert_completed(self.own.submit(self.own.submit(expired)))
        self.assertEqual(attachments_of(self.mails()[0].data), {"a.txt": b"first"})

    def test_a_page_from_another_site_keeps_the_files(self):
        page = self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        fields = page.forms[0].fields
        again = self.own.post(OWN, fields, headers={"Origin": "https://odd-proxy.example"})
        self.assert_form_again(again, 403)
        self.assert_completed(self.own.submit(self.own.submit(again)))
        self.assertEqual(attachments_of(self.mails()[0].data), {"a.txt": b"first"})

    def test_old_uploads_are_swept(self):
        self.confirm(("cv", File("a.txt", b"first")), labels=FILE_LABELS)
        [file] = (self.formmail.outbox / "uploads").iterdir()
        os.utime(file, (time.time() - 86400,) * 2)
        self.confirm(("cv", File("b.txt", b"second")), labels=FILE_LABELS)
        self.assertFalse(file.exists())
        self.assertEqual(len(list((self.formmail.outbox / "uploads").iterdir())), 1)

    def test_no_file_name_of_a_visitor_reaches_the_disk(self):
        self.confirm(("cv", File("../../../tmp/evil", b"x")), labels=FILE_LABELS)
        for file in self.formmail.outbox.rglob("*"):
            self.assertNotIn("evil", file.name)


class Quota(WebFormTest):
    settings = {"limits": {"max_waiting_upload_bytes": 1000000, "max_waiting_upload_bytes_per_client": 600000}}

    def upload(self, size, client):
        self.own = Cgi(self.formmail, client=client)
        return self.post(("cv", File("a", b"x" * size)), labels=FILE_LABELS, confirm=True).status

    def test_waiting_uploads_have_quotas(self):
        self.assertEqual(self.upload(600001, "192.0.2.1"), 503)
        self.assertEqual(self.upload(500000, "192.0.2.1"), 200)
        self.assertEqual(self.upload(200000, "192.0.2.1"), 503)
        self.assertRegex(self.own.errors, "upload .*max_waiting_upload_bytes_per_client")
        self.assertEqual(self.upload(500000, "192.0.2.2"), 200)
        self.assertEqual(self.upload(100000, "192.0.2.3"), 503)
        self.assertRegex(self.own.errors, 'upload .*max_waiting_upload_bytes is')


class MinimumTime(WebFormTest):
    settings = {"confirm": {"minimum_seconds": 2}}

    def test_a_page_that_is_sent_too_fast_is_429_and_can_be_sent_later(self):
        page = self.post(confirm=True)
        answer = self.own.submit(page)
        self.assertEqual(answer.status, 429)
        self.assertIn("太郎", answer.text)
        time.sleep(2.1)
        self.assertEqual(self.own.submit(page).status, 200)
        self.assertEqual(len(self.mails()), 1)


if __name__ == "__main__":
    main()
