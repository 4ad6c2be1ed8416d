"""A visitor with a browser: fills in the sample form, edits, sends, and finds the way back, on both hosts."""
from webdriver import Chromium

from harness import *
from harness.readable import parse, text_of

GREEN = "rgba(31, 74, 53, 1)"  # h1.title in the customer's style sheet, and nowhere else in formmail's pages


class VisitorTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.site = ExampleSite(self.start, self.folder)
        self.browser = self.start(Chromium(self.folder, {
            "www.customer.example:80": self.site.web.port, "ssl.hoster.example:443": self.site.web.tls_port}))

    def assert_customers_style(self, sheet):
        self.assertEqual(self.browser.find("h1.title").css("color"), GREEN)
        self.assertEqual([link.attribute("href") for link in self.browser.find_all("link[rel~=stylesheet]")], [sheet])
        failed = self.browser.run("return [...document.styleSheets].filter(s => !s.cssRules.length).length")
        self.assertEqual(failed, 0)

    def visit(self, page, prefix, origin):
        browser = self.browser
        browser.open(page)
        browser.fill({"name": "山田 太郎", "email": "taro@visitor.example", "comment": "一行目\n髙﨑①〜−"})
        browser.find("form button[type=submit]").follow()

        self.assertEqual(browser.text("h1.title"), "ご記入内容の確認")
        self.assert_customers_style(f"{prefix}/FormMail/Contact/default.css")
        self.assertIn("以下の内容で送信します", browser.text("p.msg_head"))
        self.assertIn("髙﨑①〜−", browser.text("table.confirm"))
        labels = [cell.text for cell in browser.find_all("table.confirm th")]
        self.assertEqual(labels, ["お名前", "メールアドレス", "お問い合わせの種類", "お問い合わせ内容"])

        self.button("修正する").follow()
        self.assert_customers_style(f"{prefix}/FormMail/Contact/default.css")
        comment = browser.find("[name=comment]")
        self.assertEqual(comment.property("value"), "一行目\n髙﨑①〜−")
        browser.fill({"comment": "書き直しました。"})
        browser.find("form [type=submit]").follow()

        self.assertIn("書き直しました。", browser.text("table.confirm"))
        self.assertEqual(read_maildir(self.site.maildir), [])  # nothing is mailed before the visitor says so
        self.button("送信する").follow()

        self.assertEqual(browser.text("h1.title"), "送信しました")
        self.assert_customers_style(f"{prefix}/FormMail/Contact/default.css")
        mail = wait_for_mail(self.site.maildir)
        self.assertEqual(len(mail), 1)
        self.assertIn("書き直しました。", text_of(mail[0]))
        self.assertNotIn("髙﨑", text_of(mail[0]))
        self.assertEqual(parse(mail[0])["Reply-To"], "taro@visitor.example")

        browser.find("p.return a").follow()
        self.assertEqual(browser.url, f"{origin}{prefix}/index.html")
        self.assertIn("山のお茶を", browser.text("h1"))

    def button(self, text):
        """The button with this text."""
        found = [button for button in self.browser.find_all("button, input[type=submit]")
                 if text in (button.text, button.attribute("value"))]
        self.assertEqual(len(found), 1, f"{text}: {self.browser.source}")
        return found[0]

    def test_on_the_customers_own_host(self):
        self.visit("http://www.customer.example/contact.html", "", "http://www.customer.example")

    def test_on_the_shared_ssl_host(self):
        self.visit("https://ssl.hoster.example/www.customer.example/contact-ssl.html", "/www.customer.example",
                   "https://ssl.hoster.example")

    def test_a_page_in_utf8_that_sends_euc_jp(self):
        browser = self.browser
        browser.open("http://www.customer.example/catalog.html")
        browser.fill({"name": "髙橋 〜", "zip": "000-0000", "address": "山里県①"})
        browser.find("form button[type=submit]").follow()
        self.assertEqual([cell.text for cell in browser.find_all("table.confirm td")][:3], ["髙橋 〜", "000-0000", "山里県①"])
        self.button("この内容で請求する").follow()
        self.assertEqual(browser.text("h1.title"), "資料請求を受け付けました")
        self.assertIn("髙橋 〜", text_of(wait_for_mail(self.site.maildir)[0]))

    def test_a_shift_jis_page_without_confirmation(self):
        browser = self.browser
        browser.open("http://www.customer.example/order.html")
        browser.fill({"name": "表示 ソ能", "tel": "000-000-0000", "address": "十予県", "count": "2"})
        for box in browser.find_all("[name=tea]")[:2]:
            box.click()
        browser.find("form button[type=submit]").follow()
        self.assertEqual(browser.text("h1.title"), "ご注文を承りました")
        mail = wait_for_mail(self.site.maildir)[0]
        self.assertIn("深蒸し煎茶、ほうじ茶", text_of(mail))
        self.assertIn("表示 ソ能", text_of(mail))
        self.assertEqual(parse(mail).get_content_charset(), "iso-2022-jp")

    def test_missing_fields_are_named_and_linked(self):
        browser = self.browser
        browser.open("http://www.customer.example/contact.html")
        browser.fill({"name": "山田"})
        browser.find("form button[type=submit]").follow()
        self.assert_customers_style("/FormMail/Contact/default.css")
        targets = [link.attribute("href") for link in browser.find_all("#errors a")]
        self.assertEqual(len(targets), 2)
        for target, name in zip(targets, ("email", "comment")):
            self.assertEqual(browser.find(f"[id='{target.removeprefix('#')}']").attribute("name"), name)
        self.assertEqual(browser.find("[name=name]").property("value"), "山田")
        browser.fill({"email": "a@visitor.example", "comment": "一行目\n二行目"})
        browser.find("form [type=submit]").follow()
        self.assertEqual(browser.text("h1.title"), "ご記入内容の確認")

    def test_reloading_the_completion_page_sends_once(self):
        browser = self.browser
        browser.open("http://www.customer.example/contact.html")
        browser.fill({"name": "山田", "email": "a@visitor.example", "comment": "一度だけ"})
        browser.find("form button[type=submit]").follow()
        self.button("送信する").follow()
        for _ in range(2):
            self.assertEqual(browser.text("h1.title"), "送信しました")
            browser.do("POST", "/refresh", {})
        self.assertEqual(browser.text("h1.title"), "送信しました")
        self.assertEqual(len(read_maildir(self.site.maildir)), 1)

    def test_back_to_the_confirmation_page_and_sent_again_mails_once(self):
        browser = self.browser
        browser.open("http://www.customer.example/contact.html")
        browser.fill({"name": "山田", "email": "a@visitor.example", "comment": "一度だけ"})
        browser.find("form button[type=submit]").follow()
        for _ in range(2):
            self.button("送信する").follow()
            self.assertEqual(browser.text("h1.title"), "送信しました")
            self.assertEqual(len(read_maildir(self.site.maildir)), 1)
            # It was stored nowhere: the browser asks whether to post the form once more.
            browser.do("POST", "/back", {})
            browser.do("POST", "/refresh", {})
            self.assertEqual(browser.text("h1.title"), "ご記入内容の確認")

    def test_files_are_named_dropped_and_sent(self):
        browser = self.browser
        resume = self.folder / "履歴書.pdf"
        resume.write_bytes(b"%PDF-1.4\n%%EOF\n")
        browser.open("http://www.customer.example/recruit.html")
        browser.find("[name=resume]").type(str(resume))
        browser.find("form button[type=submit]").follow()
        self.assertIn("履歴書.pdf", browser.text("table.input"))
        self.assertTrue(browser.title.startswith("エラー: "))
        browser.fill({"name": "山田", "email": "a@visitor.example"})
        browser.find("form [type=submit]").follow()
        self.assertIn("履歴書.pdf", browser.text("table.confirm"))
        self.button("修正する").follow()
        self.assertFalse(browser.title.startswith("エラー"))
        self.assertEqual(browser.find_all(".err_msg"), [])
        browser.find("[name=_drop_]").click()
        browser.find("form [type=submit]").follow()
        self.assertNotIn("履歴書.pdf", browser.text("table.confirm"))
        self.button("応募する").follow()
        self.assertEqual(browser.text("h1.title"), "ご応募を受け付けました")
        self.assertNotIn("pdf", text_of(wait_for_mail(self.site.maildir)[0]))

    def test_the_form_again_offers_what_the_page_offers(self):
        browser = self.browser
        browser.open("http://www.customer.example/contact.html")
        browser.run("document.querySelector('[name=topic]').selectedIndex = 2")
        browser.find("form button[type=submit]").follow()
        self.assertEqual(browser.find("select[name=topic]").property("value"), "お店・見学について")
        self.assertEqual(len(browser.find_all("select[name=topic] option")), 4)
        browser.open("http://www.customer.example/order.html")
        browser.find("[name=tea][value=ほうじ茶]").click()
        browser.find("form button[type=submit]").follow()
        boxes = browser.find_all("input[type=checkbox][name=tea]")
        self.assertEqual([box.property("checked") for box in boxes], [False, True, False])
        self.assertIn("ほうじ茶(150g、", browser.text("table.input"))
        boxes[0].click()
        browser.fill({"name": "山田", "tel": "000-000-0000", "address": "山里県", "count": "2"})
        browser.find("form [type=submit]").follow()
        self.assertEqual(browser.text("h1.title"), "ご注文を承りました")
        self.assertIn("深蒸し煎茶、ほうじ茶", text_of(wait_for_mail(self.site.maildir)[0]))

    def order(self):
        """Fills in and sends the form without a confirmation page."""
        browser = self.browser
        browser.open("http://www.customer.example/order.html")
        browser.fill({"name": "山田", "tel": "000-000-0000", "address": "山里県", "count": "2"})
        browser.find("[name=tea]").click()
        browser.find("form button[type=submit]").follow()

    def assert_one_order(self):
        self.assertEqual(self.browser.text("h1.title"), "ご注文を承りました")
        self.assertEqual(len(read_maildir(self.site.maildir)), 1)

    def test_reloading_and_sending_again_without_a_confirmation_page_sends_once(self):
        self.order()
        self.assert_one_order()
        for _ in range(2):
            self.browser.do("POST", "/refresh", {})
            self.assert_one_order()
        self.browser.do("POST", "/back", {})
        self.browser.find("form button[type=submit]").follow()
        self.assert_one_order()
        self.order()
        self.assert_one_order()
        self.button("もう1件送信する").follow()
        self.assertEqual(self.browser.text("h1.title"), "ご注文を承りました")
        self.assertEqual(len(read_maildir(self.site.maildir)), 2)

    def test_pressing_the_button_twice_sends_once(self):
        self.order()
        self.browser.do("POST", "/back", {})
        self.browser.fill({"address": "別の県"})
        self.browser.run("const b = document.querySelector('form button[type=submit]'); b.click(); setTimeout(() => b.click(), 1)")
        wait_until(lambda: self.browser.url.endswith("index.cgi"), 30, "formmail's page")
        wait_until(lambda: self.browser.text("h1.title") == "ご注文を承りました", 30, "the completion page")
        self.assertEqual(len(read_maildir(self.site.maildir)), 2)


if __name__ == "__main__":
    main()
