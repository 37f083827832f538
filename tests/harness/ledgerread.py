#!/usr/bin/python3
"""ledgerread.py FOLDER VKEY-FILE: the records of a ledger, one JSON a line.

Verifies first, by the independent verifier that we hand out, and ends with
status 1 when that says no.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../../deploy/verify"))
import verify_ledger


def entries(folder, size):
    for first in range(0, size, 256):
        width = min(256, size - first)
        data = verify_ledger.read_tile(folder, "entries", first // 256, width)
        at = 0
        for _ in range(width):
            length = int.from_bytes(data[at:at + 2], "big")
            yield json.loads(data[at + 2:at + 2 + length])
            at += 2 + length


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        key = verify_ledger.parse_vkey(file.read())
    try:
        for record in entries(sys.argv[1],
                              verify_ledger.verify(sys.argv[1], key)):
            print(json.dumps(record, sort_keys=True))
    except (verify_ledger.Wrong, OSError, ValueError, IndexError) as error:
        sys.exit(f"ledgerread.py: {error}")


if __name__ == "__main__":
    main()
