"""A visitor without a mouse: fills in, is told of errors, follows them, confirms and sends, with keys alone."""
from webdriver import ELEMENT, Chromium

from harness import *
from harness.readable import text_of

TAB, ENTER, SPACE = "\ue004", "\ue007", " "


class Keyboard(ServerTest):
    def setUp(self):
        super().setUp()
        self.site = ExampleSite(self.start, self.folder)
        self.browser = self.start(Chromium(self.folder, {"www.customer.example:80": self.site.web.port}))

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for text in keys for key in text for kind in ("keyDown", "keyUp")]
        self.browser.do("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def focused(self):
        """Name or text of what has the focus."""
        active = self.browser.do("GET", "/element/active")[ELEMENT]
        return self.browser.run("return arguments[0].name || arguments[0].innerText || arguments[0].value", {ELEMENT: active})

    def tab_to(self, wanted):
        for _ in range(40):
            if self.focused() == wanted:
                return
            self.press(TAB)
        self.fail(f"no way to {wanted}: {self.browser.source}")

    def follow(self, *keys):
        self.browser.run("window.beforeTheKey = true")
        self.press(*keys)
        wait_until(lambda: self.browser.run("return !window.beforeTheKey && document.readyState === 'complete'"), 60, "another page")

    def test_from_the_form_to_the_completion_page(self):
        self.browser.open("http://www.customer.example/contact.html")
        self.tab_to("name")
        self.press("Taro")
        self.follow(ENTER)

        self.press(TAB)  # the summary has the focus: its first link is next
        link = self.browser.find("#errors a")
        self.assertEqual(self.focused(), link.text)
        self.press(ENTER)
        wait_until(lambda: self.focused() == "email", 60, "the field of the first error")
        self.press("taro@visitor.example")
        self.tab_to("comment")
        self.press("Hello")
        self.tab_to("_again_")
        self.follow(ENTER)

        self.tab_to("_edit_")
        self.follow(ENTER)
        self.tab_to("comment")
        self.press("!")
        self.tab_to("_again_")
        self.follow(ENTER)

        self.tab_to("_send_")
        self.follow(SPACE)
        self.assertEqual(self.browser.text("h1.title"), "送信しました")
        mail = text_of(wait_for_mail(self.site.maildir)[0])
        for text in ("Taro", "taro@visitor.example", "Hello"):
            self.assertIn(text, mail)


if __name__ == "__main__":
    main()
