"""Archives that some program opens and libclamav alone does not: nothing infected in them may pass as clean."""
import bz2
import gzip
import io
import json
import lzma
import zipfile

from harness import *


def bent(archive: bytes, at: bytes, offset: int, value: int) -> bytes:
    """One byte of the record that begins with `at` changed."""
    changed = bytearray(archive)
    changed[archive.rindex(at) + offset] = value
    return bytes(changed)


def packed_with(method) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("eicar.com", eicar())
    return file.getvalue()


def containers() -> dict[str, bytes]:
    infected, clean = eicar_zip(), zip_of({"ok.txt": b"harmless"})
    nested = infected
    for level in range(5):
        nested = zip_of({f"{level}.zip": nested})
    return {
        "plain.zip": infected, "infected-first.zip": infected + clean, "clean-first.zip": clean + infected,
        "prefixed.zip": b"MZ" + b"x" * 1000 + infected, "with-a-tail.zip": infected + b"x" * 100,
        "no-end-record.zip": infected[:infected.rindex(b"PK\5\6")],
        "no-directory.zip": infected[:infected.rindex(b"PK\1\2")],
        "encrypted-says-the-header.zip": bent(infected, b"PK\3\4", 6, 1),
        "encrypted-says-the-directory.zip": bent(infected, b"PK\1\2", 8, 1),
        "encrypted-say-both.zip": bent(bent(infected, b"PK\3\4", 6, 1), b"PK\1\2", 8, 1),
        "another-name.zip": infected.replace(b"eicar.com", b"readme.md", 1), "five-deep.zip": nested,
        "bzip2.zip": packed_with(zipfile.ZIP_BZIP2), "lzma.zip": packed_with(zipfile.ZIP_LZMA),
        "a.gz": gzip.compress(eicar()), "a.bz2": bz2.compress(eicar()), "a.xz": lzma.compress(eicar()),
        "a.html": b"<html><body>" + eicar() + b"</body></html>",
    }


class Containers(ServerTest):
    def scan(self, files: dict[str, bytes]) -> dict[str, dict]:
        mails = self.folder / "mails"
        mails.mkdir()
        for name, content in files.items():
            (mails / name).write_bytes(mail_with({name: content}))
        done = run([BUILD / "scanrelay", "scan", "--database", eicar_signature(self.folder), "--batch", mails,
                    "--workers", "2"], seconds=240)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode())
        results = [json.loads(line) for line in done.stdout.splitlines()]
        return {result["file"].rsplit("/", 1)[-1]: result for result in results}

    def test_an_infected_member_is_found_however_the_archive_is_bent(self):
        files = containers()
        results = self.scan(files)
        self.assertEqual(results.keys(), files.keys())
        passed = [name for name, result in results.items() if result["verdict"] not in ("removed", "cleaned")]
        self.assertEqual(passed, [])

    def test_what_is_clean_stays_clean(self):
        clean = zip_of({"a.txt": b"harmless", "b/c.bin": bytes(range(256)) * 100})
        results = self.scan({"plain.zip": clean, "joined.zip": clean + clean, "prefixed.exe": b"MZ" + clean,
                             "empty.zip": zip_of({}), "text.txt": b"PK\3\4 is how a zip archive begins\r\n"})
        self.assertEqual({name: result["verdict"] for name, result in results.items()}, {
            name: "clean" for name in ("plain.zip", "joined.zip", "prefixed.exe", "empty.zip", "text.txt")})

    def test_what_stays_closed_is_unscannable(self):
        archive = bytearray(bent(bent(zip_of({"a.bin": bytes(range(256))}), b"PK\3\4", 6, 1), b"PK\1\2", 8, 1))
        begin = archive.index(b"a.bin") + 5
        archive[begin:begin + 64] = bytes(255 - byte for byte in archive[begin:begin + 64])
        results = self.scan({"locked.zip": bytes(archive), "a.rar": b"Rar!\x1a\x07\x01\x00" + b"x" * 300})
        self.assertEqual({result["verdict"] for result in results.values()}, {"unscannable"}, results)


if __name__ == "__main__":
    main()
