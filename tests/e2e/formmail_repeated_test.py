"""A post that a browser repeats: reloaded, pressed twice, gone back and pressed again, with a confirmation page and without."""
import concurrent.futures
import re
import time

from harness import *
from harness.readable import attachments_of, text_of
from harness.web_form import *

VISIT = {"Upgrade-Insecure-Requests": "1", "User-Agent": "Mozilla/5.0 (Test)"}


def reference(answer):
    return re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", answer.text)[0]


class Repeated(WebFormTest):
    def setUp(self):
        super().setUp()
        # Posts on both sides of a quarter of an hour, at the same moment, are two.
        if time.time() % 900 > 870:
            time.sleep(901 - time.time() % 900)

    def visit(self, *more, browser=None, headers=(), **form):
        answer = self.post(("_comp_title_", "終わり"), *more, browser=browser, headers={**VISIT, **dict(headers)}, **form)
        self.assertEqual(answer.status, 200, answer.text + self.own.errors)
        self.assertIn('<h1 class="title">終わり</h1>', answer.text)
        return answer

    def test_the_same_post_is_mailed_once_and_the_page_says_so(self):
        first, second, third = (self.visit() for _ in range(3))
        self.assertEqual(len(self.mails()), 1)
        self.assertEqual({reference(page) for page in (first, second, third)}, {reference(first)})
        self.assertNotIn("もう1件", first.text)
        self.assertIn("もう1件", second.text)

    def test_a_second_one_that_was_meant_is_a_click_away(self):
        repeated = (self.visit(), self.visit())[1]
        sent = self.own.submit(repeated)
        self.assertEqual((sent.status, len(self.mails())), (200, 2), sent.text)
        self.assertNotEqual(reference(sent), reference(repeated))
        self.assertEqual(self.own.submit(repeated).status, 200)
        self.assertEqual(len(self.mails()), 2)
        self.assertEqual(len({text_of(mail.data).partition("受付番号")[0] for mail in self.mails()}), 1)

    def test_the_button_keeps_the_files(self):
        for _ in range(2):
            repeated = self.visit(("cv", File("a.txt", b"text")), labels=("name:お名前", "cv:履歴書:file"), multipart=True)
        self.assertEqual(len(self.mails()), 1)
        self.own.submit(repeated)
        self.assertEqual([attachments_of(mail.data) for mail in self.mails()], [{"a.txt": b"text"}] * 2)

    def test_what_differs_is_another_submission(self):
        self.visit()
        self.visit(name="太郎", text="別の本文")
        self.visit(("cv", File("a.txt", b"text")), labels=("name:お名前", "cv:履歴書:file"), multipart=True)
        self.visit(("cv", File("a.txt", b"Text")), labels=("name:お名前", "cv:履歴書:file"), multipart=True)
        self.visit(profile="Order")
        self.visit(browser=Cgi(self.formmail, client="192.0.2.9"))
        self.visit(headers={"User-Agent": "Mozilla/5.0 (Another)"})
        self.assertEqual(len(self.mails()), 7)

    def test_browsers_from_before_they_said_so(self):
        explorer = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
        for number, headers in enumerate(({"User-Agent": "DoCoMo/2.0 P903i(c100;TB;W24H12)"},
                                          {"User-Agent": "KDDI-CA39 UP.Browser/6.2.0.13.1.5 (GUI) MMP/2.0"},
                                          {"User-Agent": "SoftBank/1.0/910T/TJ001/SN123456 Browser/NetFront/3.3"},
                                          {"User-Agent": explorer, "Accept-Language": "ja"}), 1):
            with self.subTest(headers=headers):
                pages = [self.post(headers=headers) for _ in range(2)]
                self.assertEqual([page.status for page in pages], [200, 200])
                self.assertIn("もう1件", pages[1].text)
                self.assertEqual(len(self.mails()), number)

    def test_programs_post_as_often_as_they_mean_to(self):
        for headers in ({}, {"User-Agent": "Mozilla/5.0"}, {**VISIT, "Accept": "application/json"},
                        {"User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"}):
            with self.subTest(headers=headers):
                before = len(self.mails())
                for _ in range(3):
                    self.assertEqual(self.post(headers=headers).status, 200)
                self.assertEqual(len(self.mails()), before + 3)

    def test_pressed_ten_times_at_once(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=0.3))
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            pages = list(pool.map(lambda _: self.visit(browser=Cgi(self.formmail)), range(10)))
        self.assertEqual(len(self.mails()), 1)
        self.assertEqual(len({reference(page) for page in pages}), 1)

    def test_what_was_not_sent_is_sent_when_repeated(self):
        self.sink.stop()
        queue = self.formmail.outbox / "queue"
        queue.write_text("no folder")
        self.assertEqual(self.post(headers=VISIT).status, 503)
        self.sink.start()
        self.visit()
        self.assertEqual(len(self.mails()), 1)

    def test_without_a_state_it_is_mailed_all_the_same(self):
        (self.formmail.outbox / "state.db").write_bytes(b"no database" * 1000)
        self.visit()
        self.assertEqual(len(self.mails()), 1)

    def test_it_counts_once_towards_the_limits(self):
        self.formmail.config.write_text(self.formmail.config.read_text() + "[limits]\nper_client_per_hour = 2\n")
        for _ in range(4):
            self.visit()
        self.visit(name="花子", text="本文")
        self.assertEqual(len(self.mails()), 2)

    def confirm(self, *more, **form):
        page = self.post(("_comp_title_", "終わり"), *more, confirm=True, headers=VISIT, **form)
        self.assertIn('<table class="confirm">', page.text)
        return page

    def send(self, page, button="_send_"):
        return self.own.submit(page, button, headers=VISIT)

    def test_back_to_a_confirmation_page_is_another_one_that_mails_nothing_more(self):
        # A browser has not stored the page: going back posts the form once more.
        first, second = self.send(self.confirm()), self.send(self.confirm())
        self.assertEqual(len(self.mails()), 1)
        self.assertIn('<h1 class="title">終わり</h1>', second.text)
        self.assertEqual(reference(first), reference(second))
        self.assertNotIn("もう1件", first.text)
        self.assertIn("もう1件", second.text)
        meant = self.send(second)
        self.assertEqual((meant.status, len(self.mails())), (200, 2), meant.text)
        self.assertNotEqual(reference(meant), reference(first))
        self.assertEqual([reference(self.send(second)), len(self.mails())], [reference(meant), 2])

    def test_edited_to_and_fro_it_is_the_same(self):
        page = self.confirm(("website", ""), ("go", "確認画面へ"))
        self.send(self.own.submit(self.send(page, "_edit_"), headers=VISIT))
        self.assertEqual(len(self.mails()), 1)
        self.send(page)
        self.assertEqual(len(self.mails()), 1)
        edited = self.own.submit(self.send(page, "_edit_"), headers=VISIT, change={"name": "花子"})
        self.send(edited)
        self.assertEqual(len(self.mails()), 2)

    def test_back_with_files(self):
        for _ in range(2):
            sent = self.send(self.confirm(("cv", File("a.txt", b"text")), labels=("name:お名前", "cv:履歴書:file"), multipart=True))
        self.assertEqual(len(self.mails()), 1)
        self.send(sent)
        self.assertEqual([attachments_of(mail.data) for mail in self.mails()], [{"a.txt": b"text"}] * 2)

    def test_two_confirmation_pages_at_once(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=0.3))
        pages = [self.confirm() for _ in range(5)]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda page: Cgi(self.formmail).submit(page, "_send_", headers=VISIT), pages))
        self.assertEqual([answer.status for answer in answers], [200] * 5)
        self.assertEqual(len(self.mails()), 1)

    def test_programs_confirm_as_often_as_they_mean_to(self):
        for _ in range(2):
            self.own.submit(self.post(confirm=True))
        self.assertEqual(len(self.mails()), 2)


if __name__ == "__main__":
    main()
