#!/usr/bin/python3
"""epochs.py: readers of /fraud while its keys are rotated.

epochs.py read URL CA SECRET-FILE PATH OUTPUT THREADS: threads read PATH as
BANK01 until the file OUTPUT.stop is there. Each answer is a line of JSON in
OUTPUT; each body that differs from those before lies in OUTPUT.d, once.

epochs.py slow URL CA SECRET-FILE PATH OUTPUT: one who stops behind the first
64 KiB until the file OUTPUT.go is there. OUTPUT.end says in the end: whole, or
cut.

epochs.py check ROOT SCOPES RAW LEAST FILE...: the bodies of FILEs are each of
one epoch, those of one epoch are the same, at least LEAST epochs were read, and
each code is the pseudonym that the seed of its epoch in SCOPES makes of the
iban that stands in RAW; none of two epochs is the same. What OUTPUTs (files of
JSON among FILEs) say is whole and was granted, but for answers that send the
reader to the next gateway.
"""
import csv
import http.client
import json
import os
import sys
import threading
import time

import expect_codes
import s3client

IDS = ("card-fraud", "bank/cards", "shop")


def client_of(url, ca, secret, **more):
    with open(secret, encoding="ascii") as file:
        return s3client.Client(url, ca, "BANK01", file.read().strip(),
                               source="127.9.0.1", **more)


def one(client, path, folder):
    response = client.open("GET", path)
    body = b""
    while block := response.read1(1 << 16):
        body += block
    note = {"status": response.status,
            "whole": response.length in (None, 0), "bytes": len(body)}
    response.close()
    if note["status"] == 200 and note["whole"]:
        name = expect_codes.hashlib.sha256(body).hexdigest()
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            with open(f"{path}.{threading.get_ident()}", "wb") as out:
                out.write(body)
            os.rename(out.name, path)
    return note


def work(index, args, lock):
    url, ca, secret, path, output = args
    client = client_of(url, ca, secret, keep=index % 2 == 0, timeout=60)
    while not os.path.exists(output + ".stop"):
        reused = index % 2 == 0 and client.connection is not None
        try:
            note = one(client, path, output + ".d")
        except (OSError, http.client.HTTPException) as error:
            # Who says nothing on a connection that was open has left.
            note = {"status": 0, "whole": False, "broken": repr(error)}
            if reused and isinstance(error, http.client.RemoteDisconnected):
                note["status"] = 503
            client.close()
        with lock, open(output, "a", encoding="utf-8") as out:
            out.write(json.dumps(note) + "\n")
        if note["status"] != 200:
            time.sleep(0.05)


def read(args):
    os.mkdir(args[4] + ".d")
    lock = threading.Lock()
    threads = [threading.Thread(target=work, args=(i, args[:5], lock))
               for i in range(int(args[5]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def slow(args):
    url, ca, secret, path, name = args
    end = "whole"
    with open(name, "wb") as out:
        try:
            response = client_of(url, ca, secret, window=4096).open("GET", path)
            while block := response.read1(16384):
                out.write(block)
                out.flush()
                while out.tell() > 65536 and not os.path.exists(name + ".go"):
                    time.sleep(0.05)
            if response.status != 200 or response.length not in (None, 0):
                end = "cut"
        except (OSError, http.client.HTTPException):
            end = "cut"
    with open(name + ".end", "w", encoding="ascii") as out:
        out.write(end)


def codes_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row["iban"] for row in csv.DictReader(file)]


def epoch_of(path, codes):
    epochs = {code.split("_")[0] for code in codes}
    assert len(epochs) == 1, f"{path}: codes of {sorted(epochs)}"
    return int(epochs.pop()[1:])


def expected(root, seeds, epoch, ibans):
    key = expect_codes.column_key(root, seeds[":".join(IDS), epoch],
                                  "pseudonym", IDS + ("iban",), epoch)
    codes = {}
    for iban in set(ibans):
        code = expect_codes.pseudonym(key, "iban", iban, None)
        codes[iban] = f"p{epoch}_" + code.split("_", 1)[1]
    return [codes[iban] for iban in ibans]


def check_notes(path):
    with open(path, encoding="utf-8") as file:
        notes = [json.loads(line) for line in file]
    wrong = [n for n in notes if n["status"] not in (200, 503) or
             (n["status"] == 200 and not n["whole"])]
    served = sum(n["status"] == 200 for n in notes)
    print(f"# {path.rsplit('/', 1)[-1]}: {served} served, "
          f"{len(notes) - served - len(wrong)} sent elsewhere, "
          f"{len(wrong)} failed")
    assert served > 0 and not wrong, wrong[:3]


def check(args):
    root_file, scopes, raw, least, *files = args
    with open(root_file, encoding="ascii") as file:
        root = bytes.fromhex(file.read().split()[-1])
    seeds = expect_codes.seeds(scopes)
    with open(raw, newline="", encoding="utf-8") as file:
        ibans = [row["iban"] for row in csv.DictReader(file)
                 if row["objected"] == "no"]
    seen = {}
    for path in files:
        if os.path.isdir(path + ".d"):
            check_notes(path)
            continue
        codes = codes_of(path)
        epoch = epoch_of(path, codes)
        assert codes == expected(root, seeds, epoch, ibans), path
        assert seen.setdefault(epoch, codes) == codes, path
    every = [code for codes in seen.values() for code in set(codes)]
    assert len(every) == len(set(every)), "a code of two epochs"
    print(f"# epochs {min(seen)} to {max(seen)}, {len(seen)} of them read")
    assert len(seen) >= int(least), sorted(seen)


if __name__ == "__main__":
    {"read": read, "slow": slow, "check": check}[sys.argv[1]](sys.argv[2:])
