#!/usr/bin/python3
"""link.py ROOT RAW DELIVERED FOLDER...: an attack on pseudonyms by somebody who
has everything but a seed that was destroyed: the root, every file below the
FOLDERs, and the true identifiers (the ibans of RAW). Whatever in those files
could be a seed is tried: 64 hexadecimal digits anywhere, any 32 bytes of a small
file, and no seed at all, with each epoch that the codes say they are of.

Prints how many of the codes of DELIVERED were linked to an identifier, of how
many.
"""
import csv
import os
import re
import sys

import expect_codes
from epochs import IDS

SMALL = 16384


def files(folders):
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        yield file.read()


def candidates(folders):
    yield bytes(32)
    for data in files(folders):
        for digits in re.findall(rb"(?=([0-9a-fA-F]{64}))", data):
            yield bytes.fromhex(digits.decode())
        if len(data) <= SMALL:
            for at in range(len(data) - 31):
                yield data[at : at + 32]


def column(path, name):
    with open(path, newline="", encoding="utf-8") as file:
        return {row[name] for row in csv.DictReader(file)}


def codes_under(root, seed, epoch, ibans):
    key = expect_codes.column_key(root, seed, "pseudonym", IDS + ("iban",), epoch)
    for iban in ibans:
        code = expect_codes.pseudonym(key, "iban", iban, None)
        yield f"p{epoch}_" + code.split("_", 1)[1]


def main():
    root_file, raw, delivered, *folders = sys.argv[1:]
    with open(root_file, encoding="ascii") as file:
        root = bytes.fromhex(file.read().split()[-1])
    codes, ibans = column(delivered, "iban"), sorted(column(raw, "iban"))
    epochs = {int(code.split("_")[0][1:]) for code in codes}
    linked = set()
    for seed in set(candidates(folders)):
        for epoch in epochs:
            # One that links none of a few links none.
            if codes & set(codes_under(root, seed, epoch, ibans[:3])):
                linked |= codes & set(codes_under(root, seed, epoch, ibans))
    print(len(linked), "of", len(codes))


if __name__ == "__main__":
    main()
