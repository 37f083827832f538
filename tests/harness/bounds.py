#!/usr/bin/python3
"""bounds.py [--cut] RECORDS LOAD: is each byte that a client got in the ledger?

RECORDS are those of ledgerread.py, LOAD is what load.py noted. Each response
that brought a byte of data must have its intent, and not more bytes than the
record says; each intent must be closed once. With --cut some must have been
cut off on the way. Points for lib.sh's tap_from.
"""
import json
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def say(name, wrong):
    print("not ok" if wrong else "ok", name)
    for item in wrong[:5]:
        print("   ", json.dumps(item))


def main():
    records, load = lines(sys.argv[-2]), lines(sys.argv[-1])
    intents = {r["request"]: (i, r) for i, r in enumerate(records)
               if r["kind"] == "intent"}
    ends = {}
    for record in records:
        if record["kind"] in ("complete", "interrupted"):
            ends.setdefault(record["intent"], []).append(record)
    data = [n for n in load if n["status"] in (200, 206) and n["bytes"]]
    say(f"there was load: {len(data)} responses with data, "
        f"{sum(not n['whole'] for n in data)} cut off", [] if data else load)
    if sys.argv[1] == "--cut":
        say("some were cut off, with data on the way",
            [] if any(not n["whole"] for n in data) else data[:1])
    say("only data, 503 and broken connections",
        [n for n in load if n["status"] not in (0, 200, 503)])
    say("a 503 of ours is no data", [
        n for n in load if n["status"] == 503 and n["bytes"] > 4096])
    say("no byte without its intent",
        [n for n in data if n["request"] not in intents])
    data = [n for n in data if n["request"] in intents]
    say("the header names that record", [
        n for n in data
        if n["record"] is None or int(n["record"]) != intents[n["request"]][0]])
    say("no more bytes than the intent's ceiling", [
        n for n in data
        if n["bytes"] > intents[n["request"]][1].get("bytes-most", 0)])
    over = []
    for note in data:
        for end in ends.get(intents[note["request"]][0], []):
            if note["bytes"] > end.get("bytes", end.get("bytes-most", 1 << 60)):
                over.append([note, end])
    say("no more bytes than the completion says", over)
    say("every intent is closed, once", [
        r for i, r in intents.values() if len(ends.get(i, [])) != 1])


if __name__ == "__main__":
    main()
