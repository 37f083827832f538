#!/usr/bin/python3
"""expect_codes.py ROOT RAW GOT PURPOSE DATASET RECIPIENT COLUMN=FORM:KIND...

Fails unless GOT, a delivered CSV, is what its agreement makes of the rows of
RAW, where the named columns come as codes under the key of the gateway's file
ROOT and the seed of epoch 1 in `scopes` beside it. What a code must be is worked
out here from the standards, with the AES of python3-cryptography; other columns
of GOT are as they are in RAW.
"""
import base64
import csv
import datetime
import hashlib
import hmac
import os
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from shape import checked, shape


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(key, info, length=32, salt=bytes(32)):
    prk, out, last = mac(salt, key), b"", b""
    while len(out) < length:
        last = mac(prk, last + info + bytes([len(out) // 32 + 1]))
        out += last
    return out[:length]


def seeds(path):
    """{(scope, epoch): seed} of a file keys/scopes."""
    found = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            word = line.split()
            if word[0] == "scope" and word[3] == "live":
                found[word[1], int(word[2])] = bytes.fromhex(word[5])
    return found


def column_key(root, seed, form, ids, epoch=1):
    info = f"gatehouse/{form}/v1".encode() + b"\0"
    info += b"".join(i.encode() + b"\0" for i in ids)
    return hkdf(root, info + epoch.to_bytes(4, "big"), salt=seed)


def canonical(kind, value):
    value = value.strip()
    if kind in ("phone", "ssn", "card"):
        return "".join(c for c in value if c.isdigit())
    if kind in ("iban", "account"):
        return "".join(c for c in value if c.isalnum()).upper()
    if kind == "name":
        return " ".join(value.lower().split())
    return value


def base32(code):
    return base64.b32encode(code).decode().lower().rstrip("=")


def pseudonym(key, kind, value, _row):
    kind, value = kind.encode(), canonical(kind, value).encode()
    return "p1_" + base32(mac(key, len(kind).to_bytes(8, "big") + kind + value)[:16])


def sealed(key, kind, value, _row):
    whole = hkdf(key, b"gatehouse/sealed-siv/v1\0", 64)
    value = canonical(kind, value).encode()
    code = "s1_" + base32(AESSIV(whole).encrypt(value, [kind.encode()]))
    padded = code[3:].upper() + "=" * (-len(code[3:]) % 8)
    opened = AESSIV(whole).decrypt(base64.b32decode(padded), [kind.encode()])
    assert opened == value
    return code


def same_shape(key, kind, value, _row):
    exact = kind in ("record-number", "other-id", "licence")
    return shape(key, not exact, value.strip())


def same_shape_checked(key, kind, value, _row):
    return checked(key, {"card": "luhn", "iban": "mod97"}[kind], value.strip())


def shifted(key, kind, value, row):
    """`kind` is that of the subject, in the column `account`."""
    subject = canonical(kind, row["account"]).encode()
    message = len(kind).to_bytes(8, "big") + kind.encode() + subject
    days = int.from_bytes(mac(key, message)[:8], "big") % 730
    days = days - 365 if days < 365 else days - 364
    day = datetime.date.fromisoformat(value[:10]) + datetime.timedelta(days)
    return day.isoformat() + value[10:]


FORMS = {
    "pseudonym": pseudonym,
    "sealed": sealed,
    "format": same_shape,
    "format-check": same_shape_checked,
    "shift": shifted,
}


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main():
    root_file, raw_file, got_file, purpose, dataset, recipient, *specs = sys.argv[1:]
    with open(root_file, encoding="ascii") as file:
        root = bytes.fromhex(file.read().split()[-1])
    scopes = seeds(os.path.join(os.path.dirname(root_file), "scopes"))
    seed = scopes[f"{purpose}:{dataset}:{recipient}", 1]
    forms = {}
    for spec in specs:
        column, form = spec.split("=")
        form, kind = form.split(":")
        use = form.split("-")[0]
        key = column_key(root, seed, use, (purpose, dataset, recipient, kind))
        forms[column] = (FORMS[form], key, kind)
    raw, got = read(raw_file), read(got_file)
    assert len(raw) == len(got) > 0, (len(raw), len(got))
    assert set(forms) <= set(got[0]), got[0]
    for a, b in zip(raw, got):
        for column, value in b.items():
            want = a[column]
            if column in forms and want:
                make, key, kind = forms[column]
                want = make(key, kind, want, a)
            assert value == want, (column, a[column], value, want)
    print(f"{len(got)} rows as expected")


if __name__ == "__main__":
    main()
