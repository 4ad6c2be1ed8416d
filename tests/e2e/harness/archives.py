"""Archives of many kinds: by libarchive, which scanrelay needs anyway, or written here where it can't."""
import binascii
import ctypes
import struct
import zlib

Members = list[tuple[str, bytes]]

_library = ctypes.CDLL("libarchive.so.13")
_library.archive_write_new.restype = _library.archive_entry_new.restype = ctypes.c_void_p
_library.archive_write_data.restype = ctypes.c_ssize_t
_library.archive_error_string.restype = ctypes.c_char_p


def packed(members: Members, format: str, filter: str | None = None, options: str | None = None) -> bytes:
    """format, filter: as in libarchive's archive_write_set_format_... and archive_write_add_filter_..."""
    archive = ctypes.c_void_p(_library.archive_write_new())

    def check(status):
        if status != 0:
            raise RuntimeError(f"libarchive, {format}: {_library.archive_error_string(archive)}")
    check(getattr(_library, f"archive_write_set_format_{format}")(archive))
    if filter:
        check(getattr(_library, f"archive_write_add_filter_{filter}")(archive))
    if options:
        check(_library.archive_write_set_options(archive, options.encode()))
    room = sum(len(content) + 4096 for _, content in members) + (1 << 20)
    buffer, used = ctypes.create_string_buffer(room), ctypes.c_size_t(0)
    _library.archive_write_set_bytes_in_last_block(archive, 1)
    check(_library.archive_write_open_memory(archive, buffer, ctypes.c_size_t(room), ctypes.byref(used)))
    for name, content in members:
        entry = ctypes.c_void_p(_library.archive_entry_new())
        _library.archive_entry_set_pathname(entry, name.encode())
        _library.archive_entry_set_size(entry, ctypes.c_int64(len(content)))
        _library.archive_entry_set_filetype(entry, 0o100000)
        _library.archive_entry_set_perm(entry, 0o644)
        check(_library.archive_write_header(archive, entry))
        if _library.archive_write_data(archive, content, ctypes.c_size_t(len(content))) != len(content):
            check(-1)
        _library.archive_entry_free(entry)
    check(_library.archive_write_close(archive))
    _library.archive_write_free(archive)
    return buffer.raw[:used.value]


def arj(members: Members, garbled=False) -> bytes:
    """Stored. garbled: as ARJ calls it when there is a password; the bytes are the caller's."""
    def header(name, type, flags, size, checksum):
        basic = struct.pack("<BBBBBBBBIIIIHHH", 30, 6, 1, 0, flags, 0, type, 0, 0x5a000000, size, size, checksum, 0, 0x20, 0)
        body = basic + name.encode() + b"\0\0"
        return b"\x60\xea" + struct.pack("<H", len(body)) + body + struct.pack("<I", zlib.crc32(body)) + b"\0\0"
    files = (header(name, 0, int(garbled), len(content), zlib.crc32(content)) + content for name, content in members)
    return header("a.arj", 2, 0, 0, 0) + b"".join(files) + b"\x60\xea\0\0"


def cab(members: Members) -> bytes:
    """MSZIP: deflated in blocks of 32 KB, each with the one before it as its dictionary."""
    files, blocks, count, offset, before = b"", [], 0, 0, b""
    for name, content in members:
        files += struct.pack("<IIHHHH", len(content), offset, 0, 0x5a00, 0, 0x20) + name.encode() + b"\0"
        offset += len(content)
    data = b"".join(content for _, content in members)
    for begin in range(0, len(data), 32768):
        block = data[begin:begin + 32768]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(6, zlib.DEFLATED, -15)
        small = b"CK" + deflate.compress(block) + deflate.flush()
        blocks.append(struct.pack("<IHH", 0, len(small), len(block)) + small)
        before, count = block, count + 1
    first_file, body = 36 + 8, b"".join(blocks)
    first_block = first_file + len(files)
    return (b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, first_block + len(body), 0, first_file, 0, 3, 1, 1, len(members), 0, 0, 0) +
            struct.pack("<IHH", first_block, count, 1) + files + body)


def lzh(members: Members) -> bytes:
    """LHA with stored members (-lh0-), header level 0."""
    def crc16(content):
        # The polynomial of binascii's, its bits the other way round.
        turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in content)
        return int(f"{binascii.crc_hqx(turned, 0):016b}"[::-1], 2)
    def file(name, content):
        body = (b"-lh0-" + struct.pack("<IIIBB", len(content), len(content), 0x5a000000, 0x20, 0) +
                bytes([len(name)]) + name.encode() + struct.pack("<H", crc16(content)))
        return bytes([len(body), sum(body) & 255]) + body + content
    return b"".join(file(name, content) for name, content in members) + b"\0"


def encrypted_7z(noise: bytes) -> bytes:
    """One member said to be encrypted with AES; `noise` stands for its bytes."""
    def number(value):
        return bytes([value]) if value < 0x80 else bytes([0x80 | value >> 8, value & 255])
    noise += bytes(-len(noise) % 16)
    properties = bytes([0x53, 0x07]) + bytes(8)
    coder = b"\x24\x06\xf1\x07\x01" + number(len(properties)) + properties
    streams = (b"\x06\0\1\x09" + number(len(noise)) + b"\0" +                                          # packed
               b"\x07\x0b\1\0\1" + coder + b"\x0c" + number(len(noise) - 3) + b"\0" +                  # unpacked
               b"\x08\x0a\x01" + bytes(4) + b"\0")                                                     # checksum
    name = "secret.bin".encode("utf-16le") + b"\0\0"
    files = b"\x05\1\x11" + number(1 + len(name)) + b"\0" + name + b"\0"
    header = b"\x01\x04" + streams + b"\0" + files + b"\0"
    start = struct.pack("<QQI", len(noise), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + noise + header


def _by_libarchive(*how):
    return lambda members: packed(members, *how)


# How to pack members, by file name ending.
ARCHIVES = {
    "zip": _by_libarchive("zip"), "tar": _by_libarchive("pax_restricted"), "cpio": _by_libarchive("cpio_newc"),
    "iso": _by_libarchive("iso9660"), "xar": _by_libarchive("xar"), "a": _by_libarchive("ar_svr4"),
    **{f"tar.{ending}": _by_libarchive("pax_restricted", filter) for ending, filter in (
        ("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("lzma", "lzma"), ("zst", "zstd"), ("lz4", "lz4"),
        ("lz", "lzip"), ("Z", "compress"))},
    **{f"{method}.7z": _by_libarchive("7zip", None, f"compression={method}")
       for method in ("lzma1", "lzma2", "ppmd", "bzip2", "deflate", "store")},
    "arj": arj, "cab": cab, "lzh": lzh,
}
