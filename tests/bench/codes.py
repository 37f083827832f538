#!/usr/bin/python3
"""codes.py FILE ENTRIES: a table of codes as one writes it in an afternoon.

Python's sqlite3, one SELECT and one INSERT a row, a commit for each 512, with
the durability that a codebook needs (WAL, synchronous FULL). No subjects, no
keys, nothing sealed. Prints what bench_codes prints.
"""
import hashlib
import os
import sqlite3
import struct
import sys
import time

BATCH = 512
LOOKUPS = 400


def name(number):
    return hashlib.sha256(b"i" + struct.pack("<Q", number)).digest()[:16]


def per_second(took):
    return BATCH / sorted(took)[len(took) // 2]


def insert(db, names):
    start, worked = time.perf_counter(), time.process_time()
    for index in names:
        row = db.execute("SELECT code FROM codes WHERE idx = ?", (index,))
        if row.fetchone() is None:
            db.execute("INSERT INTO codes VALUES (?, ?, ?)",
                       (index, os.urandom(16), bytes(32)))
    db.commit()
    return time.perf_counter() - start, time.process_time() - worked


def look_up(db, names):
    start = time.perf_counter()
    for index in names:
        row = db.execute("SELECT code FROM codes WHERE idx = ?", (index,))
        assert row.fetchone() is not None
    return time.perf_counter() - start


def main():
    db = sqlite3.connect(sys.argv[1])
    entries = int(sys.argv[2]) // BATCH * BATCH
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE codes (idx BLOB PRIMARY KEY,"
               " code BLOB NOT NULL UNIQUE, value BLOB NOT NULL)")
    took = [insert(db, [name(n) for n in range(at, at + BATCH)])
            for at in range(0, entries, BATCH)]
    print("inserts %.0f" % per_second([clock for clock, _ in took]))
    print("worked %.0f" % per_second([worked for _, worked in took]))
    took = [look_up(db, [name((i * 104729 + j * 7919) % entries)
                         for j in range(BATCH)])
            for i in range(LOOKUPS)]
    print("lookups %.0f" % per_second(took))


main()
