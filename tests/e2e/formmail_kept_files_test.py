"""Files between the pages: what the form again says of them, and how a visitor adds, replaces and drops them."""
from harness import *
from harness.readable import attachments_of
from harness.web_form import *

LABELS = ("name:お名前:required", "cv:履歴書:file", "photo:写真:file=png")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class KeptFiles(WebFormTest):
    settings = {"limits": {"max_waiting_upload_bytes_per_client": 3000000}}

    def sent(self, *files, change=None, labels=LABELS, drop=(), **headers):
        """The form with these files and an error, corrected, confirmed and sent: the attachments of its mail."""
        page = self.again(*files, labels=labels, **headers)
        page = self.correct(page, drop)
        self.assertIn('<table class="confirm">', page.text, self.own.errors)
        self.assertEqual(self.own.submit(page, "_send_").status, 200)
        return attachments_of(self.mails()[-1].data)

    def again(self, *files, labels=LABELS, **headers):
        page = self.post(*files, labels=labels, confirm=True, multipart=True, headers=headers, name="")
        self.assertEqual(page.status, 422, page.text)
        return page

    def correct(self, page, drop=(), files=()):
        """What a browser sends of the page with a name filled in, boxes ticked and files chosen."""
        fields = [(name, "太郎" if name == "name" else value) for name, value in page.forms[0].fields]
        return self.own.post(OWN, [*fields, *(("_drop_", number) for number in drop), *files], multipart=True)

    def test_each_file_of_a_field_is_named_and_kept(self):
        files = [("photo", File("一枚目.png", PNG + b"1")), ("photo", File("2.png", PNG + b"2")), ("cv", File("a.txt", b"text"))]
        page = self.again(*files)
        self.assertIn('id="field3-kept">添付されているファイル:<br>一枚目.png<br>2.png<br>', page.text)
        self.assertRegex(page.text, r'<input type="file" id="field3" [^>]*aria-describedby="field3-kept"')
        self.assertEqual(self.sent(*files), {"一枚目.png": PNG + b"1", "2.png": PNG + b"2", "a.txt": b"text"})

    def test_one_of_them_can_be_dropped(self):
        files = [("photo", File("1.png", PNG + b"1")), ("photo", File("2.png", PNG + b"2")), ("cv", File("a.txt", b"text"))]
        for name, number in (("1.png", "1"), ("2.png", "2"), ("a.txt", "3")):
            page = self.again(*files)
            self.assertIn(f'<label><input type="checkbox" name="_drop_" value="{number}"> {name} を添付しない</label>', page.text)
            self.assertEqual(set(self.sent(*files, drop=[number])), {"1.png", "2.png", "a.txt"} - {name})
        self.assertEqual(self.sent(*files, drop=["1", "2", "3"]), {})

    def test_a_number_that_is_none_drops_nothing(self):
        for number in ("0", "2", "-1", "01", "", "cv", "99999999999999999999"):
            self.assertEqual(self.sent(("cv", File("a.txt", b"text")), drop=[number]), {"a.txt": b"text"}, number)

    def test_a_dropped_file_is_there_for_who_goes_back(self):
        page = self.again(("cv", File("a.txt", b"text")))
        self.assertNotIn("a.txt", self.correct(page, drop=["1"]).text)
        self.assertIn("a.txt", self.correct(page).text)

    def test_a_required_file_that_is_dropped_is_asked_for(self):
        page = self.again(("cv", File("a.txt", b"text")), labels=("name:お名前:required", "cv:履歴書:required:file"))
        answer = self.correct(page, drop=["1"])
        self.assertEqual(answer.status, 422)
        self.assertIn("「履歴書」のファイルを選んでください。", answer.text)

    def test_dropped_and_replaced_at_once(self):
        page = self.again(("cv", File("a.txt", b"text")))
        confirm = self.correct(page, drop=["1"], files=[("cv", File("b.txt", b"other"))])
        self.own.submit(confirm, "_send_")
        self.assertEqual(attachments_of(self.mails()[0].data), {"b.txt": b"other"})

    def test_one_that_finds_no_room_is_told_beside_the_other_errors(self):
        page = self.again(("cv", File("a.bin", b"x" * 4000000)), ("photo", File("1.png", PNG)))
        self.assertIn('<a href="#field2">「履歴書」のファイルを引き継げませんでした。もう一度選んでください。</a>', page.text)
        self.assertNotIn("a.bin", page.text)

    def test_the_page_says_whether_a_field_takes_several(self):
        root = self.folder / "htdocs"
        root.mkdir()
        write_site(self.formmail.sites, profiles=PROFILES, document_root=root)
        (root / "form.html").write_text(
            '<form method="post" action="/freecgi/FormMail/index.cgi"><input type="hidden" name="_profile_" value="Contact">'
            '<input name="name"><input type="file" name="cv"><input type="file" name="photo" multiple>'
            '<input type="file" name="page"><input type="file" name="page"></form>')
        labels = ("name:お名前:required", "cv:履歴書", "photo:写真", "page:頁:required")
        page = self.again(labels=labels, Referer="http://www.customer.example/form.html")
        self.assertIn('<input type="file" id="field2" name="cv">', page.text)
        self.assertIn('<input type="file" id="field3" name="photo" multiple>', page.text)
        self.assertIn('<input type="file" id="field4" name="page" multiple aria-invalid="true"', page.text)
        self.assertIn("「頁」のファイルを選んでください。", page.text)
        self.assertIn('enctype="multipart/form-data"', page.text)


if __name__ == "__main__":
    main()
