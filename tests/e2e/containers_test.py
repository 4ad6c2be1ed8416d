"""Archives that some program opens and libclamav alone does not: nothing infected in them may pass as clean."""
import bz2
import gzip
import io
import json
import lzma
import zipfile

from harness import *
from harness.archives import ARCHIVES, arj, encrypted_7z, packed
from harness.scanrelay import toml


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
        config = self.folder / "scanrelay.toml"
        config.write_text(toml({"scanner": {"databases": [str(eicar_signature(self.folder))], "workers": 2,
                                            "timeout_seconds": 240}}))
        done = run([BUILD / "scanrelay", "scan", "--config", config, "--batch", mails], seconds=300)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode())
        results = [json.loads(line) for line in done.stdout.splitlines()]
        return {result["file"].rsplit("/", 1)[-1]: result for result in results}

    def test_an_infected_member_is_found_however_the_archive_is_bent(self):
        files = containers()
        results = self.scan(files)
        self.assertEqual(results.keys(), files.keys())
        passed = [name for name, result in results.items() if result["verdict"] not in ("removed", "cleaned")]
        self.assertEqual(passed, [])

    def test_a_packed_virus_is_found_in_every_kind_of_archive(self):
        files = {f"a.{kind}": pack([("a.txt", b"harmless\n" * 50), ("x.gz", gzip.compress(eicar()))])
                 for kind, pack in ARCHIVES.items()}
        files |= {f"in-a-zip.{kind}.zip": zip_of({f"a.{kind}": archive}) for kind, archive in
                  ((name.removeprefix("a."), archive) for name, archive in files.items())}
        results = self.scan(files)
        passed = [name for name, result in results.items() if result["verdict"] not in ("removed", "cleaned")]
        self.assertEqual(passed, [])
        self.assertEqual(len(results), len(files))

    def test_an_ordinary_archive_of_every_kind_is_clean(self):
        members = [("a.txt", b"harmless\n" * 50), ("b.bin", bytes(range(256)) * 40), ("empty", b""), ("one", b"1")]
        files = {f"a.{kind}": pack(members) for kind, pack in ARCHIVES.items()}
        files |= {f"{kind}.zip": zip_of({f"a.{kind}": pack(members)}) for kind, pack in ARCHIVES.items()}
        files |= {f"{kind}.tgz": packed([(f"a.{kind}", pack(members))], "pax_restricted", "gzip")
                  for kind, pack in ARCHIVES.items()}
        # What begins like an archive that two bytes tell.
        files |= {"a.bin": b"\x1f\x9d" + b"\xff" * 300, "b.bin": b"]\0\0" + b"\xff" * 300}
        results = self.scan(files)
        self.assertEqual({name: result["unscannable"] for name, result in results.items()
                          if result["verdict"] != "clean"}, {})
        self.assertEqual(len(results), len(files))

    def check_unscannable(self, files, reason):
        results = self.scan(files)
        self.assertEqual({name: result["verdict"] for name, result in results.items()},
                         {name: "unscannable" for name in files})
        for name, result in results.items():
            self.assertRegex(" ".join(result["unscannable"]), reason, name)
            self.assertEqual(result["findings"], [])

    def test_too_deep(self):
        files = {}
        for kind, pack in ARCHIVES.items():
            files[f"a.{kind}"] = b"harmless"
            for _ in range(20):
                files[f"a.{kind}"] = pack([(f"a.{kind}", files[f"a.{kind}"])])
        self.check_unscannable(files, r"MaxRecursion|Limits\.Depth")

    def test_too_many_members(self):
        members = [(f"{number}.txt", b"harmless") for number in range(10_100)]
        files = {f"a.{kind}": ARCHIVES[kind](members)
                 for kind in ("zip", "tar.zst", "bzip2.7z", "cab", "arj", "lzh")}
        self.check_unscannable(files, r"MaxFiles|Limits\.Members")

    def test_too_large(self):
        large = [("large.bin", bytes(106 << 20))]
        lying = bytearray(ARCHIVES["zip"](large))
        for record, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
            at = lying.rindex(record) + offset
            lying[at:at + 4] = (1000).to_bytes(4, "little")
        files = {f"a.{kind}": ARCHIVES[kind](large) for kind in ("zip", "tar.gz", "tar.zst", "bzip2.7z", "cab")}
        files |= {"lying.zip": bytes(lying), "a.gz": gzip.compress(large[0][1]),
                  "in-a-tar.tgz": packed([("a.cab", files["a.cab"])], "pax_restricted", "gzip")}
        self.check_unscannable(files, r"MaxFileSize|MaxScanSize|Limits\.Size")

    def test_encrypted(self):
        noise = bytes((7 * number * number) % 251 for number in range(400))
        self.check_unscannable({"a.arj": arj([("a.bin", noise)], garbled=True), "a.7z": encrypted_7z(noise),
                                "arj.zip": zip_of({"a.arj": arj([("a.bin", noise)], garbled=True)})}, r"Heuristics\.Encrypted")

    def test_damaged(self):
        members = [("a.txt", b"harmless\n" * 5000), ("b.bin", bytes(range(256)) * 100)]
        self.check_unscannable({f"a.{kind}": archive[:len(archive) * 2 // 3] for kind, archive in (
            (kind, ARCHIVES[kind](members)) for kind in ("tar.zst", "cab", "tar.Z"))}, "Archive")

    def test_what_programs_write_before_they_complain_of_damage_is_found(self):
        members = [("a.txt", b"harmless\n" * 500), ("eicar.com", eicar()), ("b.bin", bytes(20000))]
        files = {}
        for kind in ("tar.xz", "tar.bz2", "tar.lzma", "tar.lz"):
            archive = ARCHIVES[kind](members)
            files["cut." + kind] = archive[:-2]
            files["inside." + kind + ".zip"] = zip_of({"cut." + kind: archive[:-2]})
            if kind != "tar.lzma":
                # xz and lzip have their checksums at the end, bzip2 behind its first block's mark.
                at = 10 if kind == "tar.bz2" else archive.index(b"YZ") - 13 if kind == "tar.xz" else len(archive) - 20
                files["checksum." + kind] = archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1:]
        results = self.scan(files)
        self.assertEqual({name: result["verdict"] for name, result in results.items()}, {name: "removed" for name in files})

    def test_what_no_program_can_open_is_clean(self):
        members = [("a.txt", b"harmless\n" * 5000), ("b.bin", bytes(range(256)) * 100)]
        files = {f"a.{kind}": ARCHIVES[kind](members) for kind in ("lzma1.7z", "deflate.7z", "tar.xz", "tar.bz2", "tar.lz")}
        results = self.scan({name: archive[:len(archive) * 2 // 3] for name, archive in files.items()})
        self.assertEqual({name: result["verdict"] for name, result in results.items()}, {name: "clean" for name in files})

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
