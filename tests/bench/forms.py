#!/usr/bin/python3
"""forms.py FORM: the column of a table that forms.sh has made, as a program in
Python has it, with hmac and the AES of python3-cryptography. Standard input to
standard output; the codes differ from the gateway's, because the keys do."""
import base64
import csv
import datetime
import hmac
import os
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../harness"))
from shape import shape  # noqa: E402

KEY = bytes(range(32))
SIV = AESSIV(bytes(range(64)))


def base32(code):
    return base64.b32encode(code).decode().rstrip("=").lower()


def pseudonym(row):
    mac = hmac.digest(KEY, b"other-id" + row[1].encode(), "sha256")
    return "p1_" + base32(mac[:16])


def sealed(row):
    return "s1_" + base32(SIV.encrypt(row[1].encode(), [b"other-id"]))


def same_shape(row):
    return shape(KEY, False, row[1])


def shift(row):
    mac = hmac.digest(KEY, b"other-id" + row[0].encode(), "sha256")
    days = int.from_bytes(mac[:8], "big") % 730
    days = days - 365 if days < 365 else days - 364
    day = datetime.date.fromisoformat(row[2]) + datetime.timedelta(days)
    return day.isoformat()


def main():
    form = {"pseudonym": pseudonym, "sealed": sealed, "format": same_shape,
            "shift": shift}[sys.argv[1]]
    rows = csv.reader(sys.stdin)
    out = csv.writer(sys.stdout, lineterminator="\n")
    names = next(rows)
    out.writerow([names[2 if sys.argv[1] == "shift" else 1]])
    for row in rows:
        out.writerow([form(row)])


if __name__ == "__main__":
    main()
