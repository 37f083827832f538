#!/usr/bin/python3
"""Writes the vectors of unit tests of crypto/ into its own folder.

usage: crypto_generate.py SOURCES

SOURCES holds age-testkit/ (C2SP/CCTV age/testdata), wycheproof/ (C2SP/wycheproof
testvectors_v1) and merkle/ (transparency-dev/merkle testdata). What derive.txt
and pseudonym.txt hold is computed here, by Python's hmac.
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


def hkdf(key, info):
    return mac(mac(bytes(32), key), info + b"\1")


def pseudonyms():
    values = [b"", b"a", b"MRN-0012345", b"\0", "Gr\u00f6\u00dfe".encode()]
    values += [bytes(range(n)) for n in (46, 47, 48, 55, 56, 64, 200)]
    blocks = []
    for key, kind, epoch in (
        (bytes(range(32)), b"mrn", 1),
        (bytes(32), b"", 0),
        (b"\xff" * 32, b"k" * 100, 0xFFFFFFFF),
    ):
        for value in values:
            message = len(kind).to_bytes(8, "big") + kind + value
            code = base64.b32encode(mac(key, message)[:16]).decode()
            blocks.append(
                [
                    ("Key", key.hex()),
                    ("Kind", kind.hex()),
                    ("Epoch", epoch),
                    ("Value", value.hex()),
                    ("Code", f"p{epoch}_" + code.lower().rstrip("=")),
                ]
            )
    write("pseudonym.txt", ["By crypto_generate.py, with Python's hmac."], blocks)


def derived():
    root = bytes(range(32))
    generation = bytes(range(100, 116))
    one, two = bytes([9] * 32), bytes([200] * 32)
    plan = bytes([7] * 32)
    etag_set = hashlib.sha256(one + two).digest()
    etag_none = hashlib.sha256(b"").digest()
    slot = b"gatehouse/slot-name/v1\0" + b"\0\0\0\3" + b"v\0001"
    slot += plan + b"\0\0\0\5" + b"\0\0\0\5" + b"a/b.c"
    info = b"gatehouse/pseudonym/v1\0train\0ehr\0age1x\0mrn\0" + b"\0\0\1\2"
    write(
        "derive.txt",
        ["By crypto_generate.py, with Python's hmac; inputs in unit_derive.c."],
        [
            [
                ("Subkey", hkdf(root, b"gatehouse/subkey/v1\0spool\0").hex()),
                ("Pseudonym", hkdf(root, info).hex()),
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
derived()
