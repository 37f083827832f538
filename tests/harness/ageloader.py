#!/usr/bin/python3
"""ageloader.py URL TLS IDENTITY CHANGE REFERENCE: gatehouse_age through the gate.

URL is a gateway's, TLS the folder with ca.pem and a client's certificate,
CHANGE a command that changes a.csv at the origin, REFERENCE a folder with the
plaintext of the objects of `sealed`. Prints "ok NAME" and "not ok NAME"; for
what needs torch, where there is none, "ok # SKIP".
"""
import csv
import os
import random
import subprocess
import sys

import botocore.config

sys.path.insert(0, "deploy/clients")
import gatehouse_age as age

NAMES = ("a.csv", "b.csv", "big.csv")


def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note:
        print("  ", note)


class Gate:
    """What the arguments say."""

    def __init__(self, url, tls, identity, change, reference):
        self.url, self.tls, self.identity = url, tls, identity
        self.change, self.reference = change, reference

    def s3(self, name):
        tls = self.tls
        return age.S3Object(
            "sealed", name + ".age", endpoint_url=self.url,
            verify=f"{tls}/ca.pem", region_name="eu-central-1",
            config=botocore.config.Config(
                client_cert=(f"{tls}/trainer.pem", f"{tls}/trainer.key"),
                s3={"addressing_style": "path"}))

    def open(self, name):
        return age.open_age(self.s3(name), self.identity)

    def wanted(self, name):
        with open(os.path.join(self.reference, name), "rb") as file:
            return file.read()

    def rows(self):
        for name in NAMES:
            with open(os.path.join(self.reference, name), newline="",
                      encoding="utf-8") as file:
                yield from (tuple(row.items()) for row in csv.DictReader(file))


def read(gate):
    for name in NAMES:
        with gate.open(name) as reader:
            point(f"boto3: {name} opens", reader.read() == gate.wanted(name))
    plain = gate.wanted("big.csv")
    seeded = random.Random(23)
    places = [seeded.randrange(len(plain)) for _ in range(20)]
    with gate.open("big.csv") as reader:
        point("boto3: random seeks", all(
            reader.seek(at) == at and reader.read(1000) == plain[at:at + 1000]
            for at in places))


def load(gate):
    try:
        import torch.utils.data
    except ImportError:
        for _ in range(4):
            print("ok # SKIP python3 has no torch")
        return
    sources = [gate.s3(name) for name in NAMES]
    rows = sorted(gate.rows())
    for workers in (0, 2):
        loader = torch.utils.data.DataLoader(
            age.AgeRows(sources, gate.identity), batch_size=512,
            num_workers=workers)
        got = [tuple(zip(batch, values)) for batch in loader
               for values in zip(*batch.values())]
        point(f"DataLoader, {workers} workers: every row once",
              sorted(got) == rows, (len(got), len(rows)))
    spawned = torch.utils.data.DataLoader(
        age.AgeRows(sources, gate.identity), batch_size=None, num_workers=2,
        multiprocessing_context="spawn")
    point("DataLoader, spawned workers", sorted(
        tuple(row.items()) for row in spawned) == rows)
    lengths = age.AgeRows(sources, gate.identity,
                          parse=lambda reader: [len(reader.read())])
    point("DataLoader, another parser",
          list(lengths) == [len(gate.wanted(name)) for name in NAMES])


def change(gate):
    reader = age.AgeReader(gate.s3("a.csv"),
                           age.read_identities(gate.identity))
    subprocess.run(gate.change, shell=True, check=True)
    reader.seek(0)
    reader._held = (0, 0, b"")  # as if it were longer than what is held
    try:
        reader.read(1)
        point("an object that changed meanwhile raises Changed", False)
    except age.Changed:
        point("an object that changed meanwhile raises Changed", True)
    with gate.open("a.csv") as reader:
        point("and opens anew", len(reader.read())
              > len(gate.wanted("a.csv")))


if __name__ == "__main__":
    everything = Gate(*sys.argv[1:6])
    read(everything)
    load(everything)
    change(everything)
