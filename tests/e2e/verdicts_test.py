"""What scanrelay says of files that can't be scanned whole, and of archives that hide."""
import io
import json
import zipfile

from harness import *

SCANRELAY = BUILD / "scanrelay"


def encrypted_zip() -> bytes:
    """A member whose flags say that it is encrypted, in both headers."""
    data = bytearray(zip_of({"secret.doc": b"0123456789" * 10}))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(signature) + flags
        data[at] |= 1
    return bytes(data)


def nested_zip(depth) -> bytes:
    packed = eicar()
    for level in range(depth):
        packed = zip_of({f"level{level}.zip" if level else "x.com": packed})
    return packed


def zip_of_many(count) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"x%d" % number)
        archive.writestr("x.com", eicar())
    return packed.getvalue()


def without_end_record(archive) -> bytes:
    return archive[:archive.index(b"PK\1\2")]


class Verdicts(ServerTest):
    def scan(self, message, policy="tag"):
        config = self.folder / "scanrelay.toml"
        config.write_text(f'[scanner]\nunscannable = "{policy}"\ndatabases = ["{eicar_signature(self.folder)}"]\n')
        done = run([SCANRELAY, "scan", "--config", config, "--json", "-"], input=message)
        return done.returncode, done.stdout, json.loads(done.stderr.decode().splitlines()[-1])

    def assert_unscannable(self, attachment, reason):
        message = mail_with({"a.bin": attachment})
        status, out, report = self.scan(message)
        self.assertEqual((status, report["verdict"], report["findings"]), (1, "unscannable", []))
        self.assertTrue(any(reason in each for each in report["unscannable"]), report["unscannable"])
        head = out[:-len(message)]
        self.assertEqual(out, head + message)
        self.assertIn(b"\r\nX-Virus-Status: unscannable\r\n", head)
        self.assertIn(b"\r\nX-Virus-Unscannable: ", head)

    def assert_found(self, attachment):
        status, out, report = self.scan(mail_with({"a.bin": attachment}))
        self.assertEqual((status, report["verdict"]), (1, "removed"), report)
        self.assertEqual([finding["file"] for finding in report["findings"]], ["a.bin"])
        self.assertNotIn(b'filename="a.bin"', out)

    def test_encrypted_archive(self):
        self.assert_unscannable(encrypted_zip(), "Heuristics.Encrypted.Zip")

    def test_rar_without_its_unpacker(self):
        self.assert_unscannable(b"Rar!\x1a\x07\x00" + bytes(range(200)), "rar")

    def test_rar_in_a_zip(self):
        self.assert_unscannable(zip_of({"inner.rar": b"Rar!\x1a\x07\x00" + bytes(range(200))}), "rar")

    def test_archives_too_deep(self):
        self.assert_unscannable(nested_zip(26), "Heuristics.Limits.Exceeded")

    def test_too_many_members(self):
        self.assert_unscannable(zip_of_many(10_050), "Heuristics.Limits.Exceeded")

    def test_infected_and_encrypted_is_infected(self):
        status, out, report = self.scan(mail_with({"a.zip": encrypted_zip(), "x.com": eicar()}))
        self.assertEqual((status, report["verdict"]), (1, "removed"))
        self.assertEqual([finding["file"] for finding in report["findings"]], ["x.com"])
        self.assertIn(b'filename="a.zip"', out)

    def test_policy_remove(self):
        status, out, report = self.scan(mail_with({"a.zip": encrypted_zip(), "kept.txt": b"kept"}), "remove")
        self.assertEqual((status, report["verdict"], report["findings"]), (1, "unscannable", []))
        self.assertNotIn(b'filename="a.zip"', out)
        self.assertIn(b'filename="kept.txt"', out)
        self.assertIn(b"a.zip could not be scanned for viruses (Heuristics.Encrypted.Zip).\r\n"
                      b"Executed processing : remove\r\n", out)
        self.assertNotIn(b"had been detected", out)

    def test_policy_reject(self):
        status, out, report = self.scan(mail_with({"a.zip": encrypted_zip()}), "reject")
        self.assertEqual((status, out, report["verdict"]), (1, b"", "rejected"))

    def test_policy_reject_refuses_the_mail(self):
        relay = self.start(Scanrelay(self.folder, settings={"scanner": {"unscannable": "reject"}}))
        with SmtpClient(relay.port) as client:
            client.hello()
            self.assertEqual(code(client.send_mail(mail_with({"a.zip": encrypted_zip()}))), 550)
            self.assertEqual(code(client.send_mail(mail_with())), 250)
        self.assertEqual(len(read_maildir(relay.maildir)), 1)

    def test_joined_archives(self):
        clean, infected = zip_of({"a.txt": b"clean"}), eicar_zip()
        self.assert_found(clean + infected)
        self.assert_found(infected + clean)
        self.assert_found(clean + infected + clean)

    def test_archive_among_other_bytes(self):
        self.assert_found(b"\0" * 1000 + eicar_zip())
        self.assert_found(eicar_zip() + b"\0" * 1000)
        self.assert_found(b"GIF89a" + bytes(5000) + eicar_zip() + b"tail" * 1000)

    def test_archive_without_end_record(self):
        self.assert_found(without_end_record(eicar_zip()))
        self.assert_found(without_end_record(zip_of({"a": b"a" * 1000, "x.com": eicar(), "b": b"b"})))
        self.assert_found(zip_of({"a.txt": b"clean"}) + without_end_record(eicar_zip()))

    def test_ordinary_archives_pass(self):
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("inner.zip", zip_of({"a.txt": b"clean"}))
            archive.comment = b"a comment"
        for content in (stored.getvalue(), zip_of({}), zip_of({"a": bytes(100_000)})):
            status, _, report = self.scan(mail_with({"a.zip": content}))
            self.assertEqual((status, report["verdict"]), (0, "clean"), report)

    def test_capitals_in_html(self):
        html = b"<html><body>" + eicar() + b"</body></html>"
        status, _, report = self.scan(mail_with({"a.html": html}))
        self.assertEqual((status, report["verdict"]), (1, "removed"))

    def test_mail_whose_first_field_libclamav_does_not_know(self):
        message = b"X-Unknown-To-Anyone: x\r\n" + mail_with({"x.zip": eicar_zip()})
        self.assertEqual(self.scan(message)[0], 1)

    def test_canary_is_no_virus(self):
        text = "sekisho canary: this text is found or nothing is scanned 5f1d9c07"
        self.assertEqual(self.scan(mail_with(text=text + "\n"))[0], 0)
        _, _, report = self.scan(mail_with({"x.txt": text.encode() + eicar()}))
        self.assertEqual([finding["virus"] for finding in report["findings"]], ["Eicar-Signature.UNOFFICIAL"])


if __name__ == "__main__":
    main()
