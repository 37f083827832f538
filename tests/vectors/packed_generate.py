#!/usr/bin/python3
"""Writes packed.txt: compressed files, and what is wrong with some of them.

The well-formed ones are made by gzip(1), zstd(1) and Python's zlib, or put
together by hand where those do not make such files.
"""
import struct
import subprocess
import zlib

TEXT = b"mrn,born\n" + b"".join(b"M%d,19%02d-0%d-11\n" % (i * 7919 % 997, i, i % 9 + 1)
                               for i in range(9))


def command(*words, data=TEXT):
    return subprocess.run(words, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def member(data, flags=0, fields=b"", level=6):
    raw = zlib.compressobj(level, zlib.DEFLATED, -15)
    head = bytes((0x1f, 0x8b, 8, flags)) + b"\x00" * 4 + b"\x00\xff" + fields
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    return head + raw.compress(data) + raw.flush() + \
        struct.pack("<II", zlib.crc32(data), len(data))


def skipped(data, last=0):
    return struct.pack("<II", 0x184d2a50 + last, len(data)) + data


def frame(head, *blocks):
    return b"\x28\xb5\x2f\xfd" + head + b"".join(blocks)


def block(kind, size, data, last=1):
    return struct.pack("<I", last | kind << 1 | size << 3)[:3] + data


def flipped(data, at):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


gzip = command("gzip", "-n")
zstd = command("zstd", "-q")
window = lambda log: bytes((0x00, (log - 10) << 3))
raw = block(0, len(TEXT), TEXT)
bgzf_end = bytes.fromhex(
    "1f8b08040000000000ff0600424302001b0003000000000000000000")
cases = [
    ("gzip(1)", "gzip", gzip, TEXT),
    ("gzip(1), fastest", "gzip", command("gzip", "-n1"), TEXT),
    ("all fields of the header", "gzip",
     member(TEXT, 31, b"\x04\x00ab\x00\x00name\x00comment\x00"), TEXT),
    ("stored", "gzip", member(TEXT, level=0), TEXT),
    ("an empty file", "gzip", member(b""), b""),
    ("members", "gzip", gzip + member(b"") + member(b"x,y\n"), TEXT + b"x,y\n"),
    ("blocked, with its end mark", "gzip", gzip + bgzf_end, TEXT),
    ("gzip within gzip, unpacked once", "gzip", member(gzip), gzip),
    ("nothing", "gzip", b"", "truncated"),
    ("not packed", "gzip", TEXT, "malformed"),
    ("zlib's own format", "gzip", zlib.compress(TEXT), "malformed"),
    ("another compression", "gzip", zstd, "malformed"),
    ("a wrong checksum", "gzip", flipped(gzip, -5), "malformed"),
    ("a wrong length", "gzip", flipped(gzip, -1), "malformed"),
    ("another byte", "gzip", flipped(gzip, len(gzip) // 2), "malformed"),
    ("a wrong checksum of the header", "gzip",
     flipped(member(TEXT, 2), 10), "malformed"),
    ("unknown flags", "gzip", member(TEXT, 0x20), "malformed"),
    ("unknown method", "gzip", flipped(gzip, 2), "malformed"),
    ("zeros behind it", "gzip", gzip + b"\0" * 512, "malformed"),
    ("text behind it", "gzip", gzip + b"x", "truncated"),
    ("more text behind it", "gzip", gzip + TEXT, "malformed"),
    ("half a header behind it", "gzip", gzip + gzip[:5], "truncated"),
    ("a wrong checksum of the second", "gzip",
     gzip + flipped(gzip, -5), "malformed"),
    ("zstd(1)", "zstd", zstd, TEXT),
    ("zstd(1), no checksum", "zstd", command("zstd", "-q", "--no-check"), TEXT),
    ("zstd(1), best", "zstd", command("zstd", "-q", "-19"), TEXT),
    ("of unknown length", "zstd",
     command("sh", "-c", "cat | zstd -q --no-content-size"), TEXT),
    ("an empty file", "zstd", command("zstd", "-q", data=b""), b""),
    # Of which the library says one thing or the other, as the pieces fall.
    ("an empty block that is called compressed", "zstd",
     frame(b"\x24\0", block(2, 0, b"")) + bytes.fromhex("99e9d851"), b""),
    ("frames", "zstd", zstd + command("zstd", "-q", data=b"x,y\n"),
     TEXT + b"x,y\n"),
    ("frames to skip around it", "zstd",
     skipped(b"index") + zstd + skipped(b"", 15), TEXT),
    ("the widest window", "zstd", frame(window(23), raw), TEXT),
    ("one byte many times", "zstd",
     frame(window(17), block(1, 70000, b"a")), b"a" * 70000),
    ("nothing", "zstd", b"", "truncated"),
    ("not packed", "zstd", TEXT, "malformed"),
    ("another compression", "zstd", gzip, "malformed"),
    ("a window too wide", "zstd", frame(window(24), raw), "malformed"),
    ("a content too long for a window", "zstd",
     frame(b"\xa0" + struct.pack("<I", 1 << 24), raw), "malformed"),
    ("a dictionary", "zstd", frame(b"\x01\x38\x07", raw), "malformed"),
    ("reserved bits", "zstd", frame(b"\x08\x38", raw), "malformed"),
    ("a reserved block", "zstd",
     frame(window(17), block(3, len(TEXT), TEXT)), "malformed"),
    ("a block too long", "zstd",
     frame(window(17), block(1, 1 << 18, b"a")), "malformed"),
    ("another length than said", "zstd",
     frame(b"\x20" + bytes((len(TEXT) % 256 - 1,)), raw), "malformed"),
    ("a length, and nothing", "zstd",
     frame(b"\x20\xff", block(0, 0, b"")), "malformed"),
    ("a format of before", "zstd", b"\x27" + zstd[1:], "malformed"),
    ("the first of all", "zstd", b"\x1e" + zstd[1:], "malformed"),
    ("a wrong checksum", "zstd", flipped(zstd, -1), "malformed"),
    ("zeros behind it", "zstd", zstd + b"\0" * 512, "malformed"),
    ("text behind it", "zstd", zstd + b"x", "malformed"),
    ("half a magic behind it", "zstd", zstd + zstd[:2], "truncated"),
    ("a frame to skip that is cut", "zstd",
     zstd + skipped(b"index")[:-1], "truncated"),
    ("a wrong checksum of the second", "zstd",
     zstd + flipped(zstd, -1), "malformed"),
]

print("# Compressed files: packed_generate.py, with gzip 1.12, zstd 1.5.4 and\n"
      "# zlib 1.2.13. Result is ok, with the plain bytes, or the error.")
for name, kind, packed, result in cases:
    print(f"\nName = {name}\nCompression = {kind}\nPacked = {packed.hex()}")
    if isinstance(result, bytes):
        if len(result) > 10000:
            assert result == result[:1] * len(result)
            print(f"Plain = {result[:1].hex()}\nTimes = {len(result)}")
        else:
            print(f"Plain = {result.hex()}\nTimes = 1")
        print("Result = ok")
    else:
        print(f"Result = {result}")
