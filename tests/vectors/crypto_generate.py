#!/usr/bin/python3
"""Writes the vectors of unit tests of crypto/ into its own folder.

usage: crypto_generate.py SOURCES

SOURCES holds age-testkit/ (C2SP/CCTV age/testdata), wycheproof/ (C2SP/wycheproof
testvectors_v1) and merkle/ (transparency-dev/merkle testdata). What derive.txt
and pseudonym.txt hold is computed here, by Python's hmac; sealed.txt, token.txt
and shape.txt need python3-cryptography.
"""
import base64
import glob
import hashlib
import hmac
import json
import os
import re
import sys
import zlib

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness")
)
from shape import checked, ff1_encrypt, shape  # noqa: E402

SOURCES = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, head, blocks):
    with open(os.path.join(HERE, name), "w") as out:
        for line in head:
            out.write(f"# {line}\n")
        for block in blocks:
            out.write("\n")
            for key, value in block:
                out.write(f"{key} = {value}".rstrip() + "\n")


def age_pieces(data):
    at = 0
    for run in re.finditer(rb"\0{64,}", data):
        yield data[at : run.start()], run.end() - run.start()
        at = run.end()
    yield data[at:], 0


def age():
    blocks = []
    for path in sorted(glob.glob(f"{SOURCES}/age-testkit/*")):
        with open(path, "rb") as case:
            head, body = case.read().split(b"\n\n", 1)
        pairs = [line.split(": ", 1) for line in head.decode().split("\n")]
        fields = dict(pairs)
        identities = [value for key, value in pairs if key == "identity"]
        name = os.path.basename(path)
        foreign = "passphrase" in fields and not identities
        if fields.get("armored") or foreign or "hybrid" in name:
            continue
        if "compressed" in fields:
            body = zlib.decompress(body)
        block = [("Name", name), ("Expect", fields["expect"])]
        if "payload" in fields:
            block.append(("PayloadSha256", fields["payload"]))
        block += [("Identity", identity) for identity in identities]
        for piece, zeros in age_pieces(body):
            block += [("File", piece.hex()), ("Zeros", zeros)]
        blocks.append(block)
    write(
        "age_testkit.txt",
        [
            "C2SP/CCTV age/testdata; 0BSD, CC0 or Unlicense. The cases without",
            "armor for X25519 identities, decompressed. A file is its File and",
            "Zeros in turn: bytes, then so many zeros. PayloadSha256 is of all",
            "plaintext that a streaming reader releases.",
        ],
        blocks,
    )


def wycheproof(name):
    with open(f"{SOURCES}/wycheproof/{name}_test.json") as cases:
        for group in json.load(cases)["testGroups"]:
            yield from group["tests"]


def primitives():
    source = "C2SP/wycheproof testvectors_v1, Apache-2.0: "
    write(
        "hkdf_sha256.txt",
        [source + "hkdf_sha256, all cases."],
        [
            [
                ("TcId", t["tcId"]),
                ("Ikm", t["ikm"]),
                ("Salt", t["salt"]),
                ("Info", t["info"]),
                ("Len", t["size"]),
                ("Okm", t["okm"]),
                ("Result", t["result"]),
            ]
            for t in wycheproof("hkdf_sha256")
        ],
    )
    write(
        "hmac_sha256.txt",
        [source + "hmac_sha256, all cases. A short", "Tag is the MAC's first bytes."],
        [
            [
                ("TcId", t["tcId"]),
                ("Key", t["key"]),
                ("Msg", t["msg"]),
                ("Tag", t["tag"]),
                ("Result", t["result"]),
            ]
            for t in wycheproof("hmac_sha256")
        ],
    )
    write(
        "x25519_low_order.txt",
        [source + "x25519, the public keys", "with which every secret key shares zero."],
        [
            [("TcId", t["tcId"]), ("Public", t["public"])]
            for t in wycheproof("x25519")
            if set(t["shared"]) == {"0"}
        ],
    )


def numerals(value):
    """A list of numerals, or digits of the alphabet 0-9."""
    digits = [int(c) if isinstance(c, str) else c for c in value]
    return b"".join(d.to_bytes(2, "big") for d in digits).hex()


def ff1_block(key, radix, tweak, plain, cipher):
    return [
        ("Key", key),
        ("Radix", radix),
        ("Tweak", tweak),
        ("Plain", numerals(plain)),
        ("Cipher", numerals(cipher)),
    ]


def ff1_nist():
    """The nine samples: a key in three lengths, digits or 0-9a-z."""
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
    key = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94"
    cases = (
        (10, "", "0123456789"),
        (10, "39383736353433323130", "0123456789"),
        (36, "3737373770717273373737", "0123456789abcdefghi"),
    )
    results = (
        (32, "2433477484", "6124200773", "a9tv40mll9kdu509eum"),
        (48, "2830668132", "2496655549", "xbj3kv35jrawxv32ysr"),
        (64, "6657667009", "1001623463", "xs8a0azh2avyalyzuwd"),
    )
    for digits, *ciphers in results:
        for (radix, tweak, plain), cipher in zip(cases, ciphers):
            yield ff1_block(
                key[:digits],
                radix,
                tweak,
                [alphabet.index(c) for c in plain],
                [alphabet.index(c) for c in cipher],
            )


def ff1():
    """Of the edge cases, which are alike, some; of the others, each."""
    blocks = list(ff1_nist())
    for name in ("aes_ff1_base10", "aes_ff1_radix36"):
        with open(f"{SOURCES}/wycheproof/{name}_test.json") as cases:
            groups = json.load(cases)["testGroups"]
        for group in groups:
            for t in group["tests"]:
                edge = any("EdgeCase" in flag for flag in t["flags"])
                text = not re.fullmatch("[0-9]*", str(t["msg"]))
                foreign = isinstance(t["msg"], str) and text
                if foreign or (edge and t["tcId"] % 23 != 0):
                    continue
                if len(t["msg"]) > 200 or any(
                    isinstance(c, int) and not 0 <= c < 65536 for c in t["msg"]
                ):
                    continue
                blocks.append(
                    ff1_block(
                        t["key"], group["radix"], t["tweak"], t["msg"], t["ct"]
                    )
                    + [("TcId", t["tcId"]), ("Result", t["result"])]
                )
    write(
        "ff1.txt",
        [
            "The nine samples of NIST for SP 800-38G, FF1. Then C2SP/wycheproof",
            "testvectors_v1, Apache-2.0: aes_ff1_base10 and aes_ff1_radix36, up to",
            "200 numerals; of the edge cases some. Two bytes a numeral.",
        ],
        blocks,
    )


def siv():
    example = [
        ("Key", "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f"),
        ("Ad", "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa9988"
         "7766554433221100"),
        ("Ad", "102030405060708090a0"),
        ("Ad", "09f911029d74e35bd84156c5635688c0"),
        ("Plain", "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797"
         "074207573696e67205349562d414553"),
        ("Sealed", "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf"
         "17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d"),
        ("Result", "valid"),
    ]
    write(
        "siv.txt",
        [
            "RFC 5297, A.2. Then C2SP/wycheproof testvectors_v1, Apache-2.0:",
            "aes_siv_cmac, all cases; the first one is RFC 5297, A.1.",
        ],
        [example]
        + [
            [
                ("TcId", t["tcId"]),
                ("Key", t["key"]),
                ("Ad", t["aad"]),
                ("Plain", t["msg"]),
                ("Sealed", t["ct"]),
                ("Result", t["result"]),
            ]
            for t in wycheproof("aes_siv_cmac")
        ],
    )


def merkle(kind, fields):
    blocks = []
    folder = f"{SOURCES}/merkle"
    for path in sorted(glob.glob(f"{folder}/{kind}/**/*.json", recursive=True)):
        with open(path) as case:
            test = json.load(case)
        block = [("Name", os.path.relpath(path, folder))]
        for name, key in fields:
            value = test[key]
            if isinstance(value, int):
                block.append((name, value & 0xFFFFFFFFFFFFFFFF))
            else:
                block.append((name, base64.b64decode(value or "").hex()))
        for node in test["proof"] or []:
            block.append(("Proof", base64.b64decode(node).hex()))
        block.append(("Valid", 0 if test["wantErr"] else 1))
        blocks.append(block)
    write(
        f"merkle_{kind}.txt",
        [f"transparency-dev/merkle testdata/{kind}, Apache-2.0, all cases."],
        blocks,
    )


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(key, info, salt=bytes(32)):
    return mac(mac(salt, key), info + b"\1")


def hkdf_long(key, info, length):
    prk, out, last = mac(bytes(32), key), b"", b""
    while len(out) < length:
        last = mac(prk, last + info + bytes([len(out) // 32 + 1]))
        out += last
    return out[:length]


def code_blocks(letter, make):
    """Blocks of keys, kinds and values, and what `make` makes of each."""
    values = [b"", b"a", b"MRN-0012345", b"\0", "Gr\u00f6\u00dfe".encode()]
    values += [bytes(range(n)) for n in (46, 47, 48, 55, 56, 64, 200)]
    for key, kind, epoch in (
        (bytes(range(32)), b"mrn", 1),
        (bytes(32), b"", 0),
        (b"\xff" * 32, b"k" * 100, 0xFFFFFFFF),
    ):
        for value in values:
            code = base64.b32encode(make(key, kind, value)).decode()
            yield [
                ("Key", key.hex()),
                ("Kind", kind.hex()),
                ("Epoch", epoch),
                ("Value", value.hex()),
                ("Code", f"{letter}{epoch}_" + code.lower().rstrip("=")),
            ]


def pseudonyms():
    def make(key, kind, value):
        return mac(key, len(kind).to_bytes(8, "big") + kind + value)[:16]

    write(
        "pseudonym.txt",
        ["By crypto_generate.py, with Python's hmac."],
        code_blocks("p", make),
    )


def sealed():
    """With python3-cryptography, which takes no empty value: that one by hand."""

    def make(key, kind, value):
        whole = hkdf_long(key, b"gatehouse/sealed-siv/v1\0", 64)
        if value:
            return AESSIV(whole).encrypt(value, [kind])
        return s2v_empty(whole[:32], kind)

    write(
        "sealed.txt",
        ["By crypto_generate.py, with python3-cryptography."],
        code_blocks("s", make),
    )


def tokens():
    """A code of the codebook's is random: here, the bytes of its number."""
    blocks = []
    values = [b"a", b"MRN-0012345", "Gr\u00f6\u00dfe".encode()]
    values += [bytes(range(n)) for n in (15, 16, 17, 46, 64, 200)]
    for key, kind, epoch in (
        (bytes(range(32)), b"mrn", 1),
        (bytes(32), b"", 0),
        (b"\xff" * 32, b"k" * 100, 0xFFFFFFFF),
    ):
        index_key = hkdf(key, b"gatehouse/token-index/v1\0")
        value_key = hkdf_long(key, b"gatehouse/token-value/v1\0", 64)
        for value in values:
            label = len(kind).to_bytes(8, "big") + kind
            code = bytes([len(blocks)] * 16)
            text = base64.b32encode(code).decode().lower().rstrip("=")
            blocks.append(
                [
                    ("Key", key.hex()),
                    ("Kind", kind.hex()),
                    ("Value", value.hex()),
                    ("Index", mac(index_key, label + value)[:16].hex()),
                    ("Subject", mac(key, label + value)[:16].hex()),
                    ("Sealed", AESSIV(value_key).encrypt(value, [kind]).hex()),
                    ("Epoch", epoch),
                    ("Random", code.hex()),
                    ("Code", f"t{epoch}_{text}"),
                ]
            )
    write("token.txt", ["By crypto_generate.py, with python3-cryptography."], blocks)


def shapes():
    """By tests/harness/shape.py, which agrees with the samples of NIST here."""
    key = bytes(range(32))
    for block in ff1_nist():
        case = dict(block)
        plain, cipher = (
            [int(case[name][i : i + 4], 16) for i in range(0, len(case[name]), 4)]
            for name in ("Plain", "Cipher")
        )
        args = bytes.fromhex(case["Key"]), case["Radix"], bytes.fromhex(case["Tweak"])
        assert ff1_encrypt(*args, plain) == cipher
    values = ["123456", "123-45-6789", "4111 1111 1111 1111", "+1 (555) 010-0199"]
    values += ["Blake", "ann lee", "ANN.LEE@EXAMPLE.ORG", "zzzzz", "AAAAA"]
    values += ["MRN-0012345", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"]
    values += ["GB29 NWBK 6016 1331 9268 19", "a000000", "Zz9999", "x1-Y2-z3-W4"]
    values += ["9" * 128, "7" * 37 + "q", "k" * 26 + "1", "Q" * 128]
    write(
        "shape.txt",
        ["By crypto_generate.py, with python3-cryptography's AES."],
        [
            [
                ("Key", key.hex()),
                ("Case", "folded" if folded else "counts"),
                ("Value", value),
                ("Code", shape(key, folded, value)),
            ]
            for folded in (True, False)
            for value in values
        ],
    )
    # Numbers of the card schemes for tests, and examples of the IBAN registry.
    numbers = ["4111 1111 1111 1111", "378282246310005", "6011-1111-1111-1117"]
    numbers += ["5555555555554444", "4222222222222", "0000000", " 0000018"]
    ibans = ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"]
    ibans += ["GB29 NWBK 6016 1331 9268 19", "NO93 8601 1117 947"]
    ibans += ["FR14 2004 1010 0505 0001 3M02 606", "MT84MALT011000012345MTLCAST001S"]
    write(
        "shape_check.txt",
        ["By crypto_generate.py, with python3-cryptography's AES."],
        [
            [
                ("Key", key.hex()),
                ("Rule", rule),
                ("Value", value.strip()),
                ("Code", checked(key, rule, value.strip())),
            ]
            for rule, values in (("luhn", numbers), ("mod97", ibans))
            for value in values
        ],
    )


def shifts():
    key, blocks = bytes(range(32)), []
    for kind in ("record-number", "account"):
        for i in range(20):
            message = len(kind).to_bytes(8, "big") + f"{kind}S{i}".encode()
            days = int.from_bytes(mac(key, message)[:8], "big") % 730
            days = days - 365 if days < 365 else days - 364
            blocks.append(
                [
                    ("Key", key.hex()),
                    ("Kind", kind),
                    ("Subject", f"S{i}"),
                    ("Forth", days) if days > 0 else ("Back", -days),
                ]
            )
    write("shift.txt", ["By crypto_generate.py, with Python's hmac."], blocks)


def s2v_empty(key, ad):
    """RFC 5297 s.2.4 with one string of associated data and no plaintext."""

    def cmac(message):
        c = CMAC(AES(key))
        c.update(message)
        return c.finalize()

    def dbl(block):
        number = int.from_bytes(block, "big") << 1
        if number >> 128:
            number ^= (1 << 128) | 0x87
        return number.to_bytes(16, "big")

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    d = xor(dbl(cmac(bytes(16))), cmac(ad))
    return cmac(xor(dbl(d), b"\x80" + bytes(15)))


def derived():
    root = bytes(range(32))
    seed, codes = bytes([5] * 32), bytes([6] * 32)
    generation = bytes(range(100, 116))
    one, two = bytes([9] * 32), bytes([200] * 32)
    plan = bytes([7] * 32)
    etag_set = hashlib.sha256(one + two).digest()
    etag_none = hashlib.sha256(b"").digest()
    slot = b"gatehouse/slot-name/v2\0" + b"\0\0\0\3" + b"v\0001"
    slot += plan + codes + b"\0\0\0\4" + b"book" + b"\0\0\0\5" + b"a/b.c"
    ids = b"/v1\0train\0ehr\0age1x\0mrn\0" + b"\0\0\1\2"
    write(
        "derive.txt",
        ["By crypto_generate.py, with Python's hmac; inputs in unit_derive.c."],
        [
            [
                ("Subkey", hkdf(root, b"gatehouse/subkey/v1\0spool\0").hex()),
                ("Pseudonym", hkdf(root, b"gatehouse/pseudonym" + ids, seed).hex()),
                ("Sealed", hkdf(root, b"gatehouse/sealed" + ids, seed).hex()),
                ("Format", hkdf(root, b"gatehouse/format" + ids, seed).hex()),
                ("Shift", hkdf(root, b"gatehouse/shift" + ids, seed).hex()),
                ("Token", hkdf(root, b"gatehouse/token" + ids, seed).hex()),
                (
                    "ScopeTag",
                    hkdf(root, b"gatehouse/scope-tag/v1\0\0\0\1\2", seed).hex(),
                ),
                (
                    "Ephemeral",
                    hkdf(
                        root, b"gatehouse/age-ephemeral/v1\0" + generation + one
                    ).hex(),
                ),
                ("EtagTwo", mac(root, generation + etag_set).hex()[:32] + "-1"),
                ("EtagNone", mac(root, generation + etag_none).hex()[:32] + "-1"),
                ("SlotName", mac(root, slot).hex()),
            ]
        ],
    )


age()
primitives()
ff1()
siv()
merkle(
    "inclusion",
    [
        ("Index", "leafIdx"),
        ("Size", "treeSize"),
        ("Root", "root"),
        ("Leaf", "leafHash"),
    ],
)
merkle(
    "consistency",
    [
        ("Size1", "size1"),
        ("Size2", "size2"),
        ("Root1", "root1"),
        ("Root2", "root2"),
    ],
)
pseudonyms()
sealed()
tokens()
shapes()
shifts()
derived()
