"""A synthetic set of signatures, fixed seed: as many hashes and byte patterns as cost a scan something, none of which
matches by intent. 100,000 MD5 and 100,000 SHA-256 hashes by file size, 50,000 byte signatures, 2,000 logical ones."""
import math
import pathlib
import random

HASHES, PATTERNS, LOGICAL = 100_000, 50_000, 2_000
WORDS = ("http www href script src form action document.write unescape eval iframe width height display none style "
         "window.location password account verify update secure login invoice payment attached dear customer click "
         "Content Type application octet stream filename base64 charset multipart boundary Subject From").split()
# Targets by how common they are: any file, PE, HTML, mail, text, OLE2, ELF, PDF, graphics.
TARGETS = [0] * 40 + [1] * 30 + [3] * 10 + [4] * 5 + [7] * 5 + [2] * 3 + [6] * 2 + [10] * 2 + [5]
TEXT_TARGETS = (3, 4, 7)


class Generator:
    def __init__(self):
        self.random = random.Random(19991231)

    def size(self):
        """Malware is small: hashes crowd at the low end, and a file is hashed only if a signature has its size."""
        return int(math.exp(self.random.uniform(math.log(64), math.log(4 << 20))))

    def hex(self, count):
        return self.random.randbytes(count).hex()

    def words(self, count):
        text = ""
        while len(text) < count:
            text += (self.random.choice(WORDS) + self.random.choice(' ="/<>')
                     + "".join(self.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=5)))
        return text[:count].encode().hex()

    def pattern(self, target):
        count = self.random.randint(20, 40)
        textual = target in TEXT_TARGETS or self.random.random() < 0.2
        body = self.words(count) if textual else self.hex(count)
        at, kind = 2 * self.random.randint(8, count - 8), self.random.random()
        if kind < 0.10:
            return body[:at] + "????" + body[at + 4:]
        if kind < 0.20:
            return body[:at] + "{2-20}" + body[at:]
        return body[:at] + "*" + body[at:] if kind < 0.25 else body

    def byte_signature(self, number):
        target = self.random.choice(TARGETS)
        offset = "*" if self.random.random() < 0.8 else str(self.random.randint(0, 2000))
        return f"Bench.Body-{number}:{target}:{offset}:{self.pattern(target)}\n"

    def logical_signature(self, number):
        return (f"Bench.Logic-{number};Engine:51-255,Target:{self.random.choice(TARGETS)};(0&1)|2;"
                f"{self.hex(16)};{self.words(18)};{self.hex(22)}\n")


def write_signatures(folder) -> pathlib.Path:
    folder = pathlib.Path(folder)
    folder.mkdir()
    make = Generator()
    contents = {
        "bench.hdb": (f"{make.hex(16)}:{make.size()}:Bench.Md5-{n}\n" for n in range(HASHES)),
        "bench.hsb": (f"{make.hex(32)}:{make.size()}:Bench.Sha256-{n}\n" for n in range(HASHES)),
        "bench.ndb": (make.byte_signature(n) for n in range(PATTERNS)),
        "bench.ldb": (make.logical_signature(n) for n in range(LOGICAL)),
    }
    for name, lines in contents.items():
        with open(folder / name, "w") as file:
            file.writelines(lines)
    return folder
