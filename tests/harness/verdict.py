#!/usr/bin/python3
"""verdict.py FIRST SECOND NOTES...: what load.py noted while the gateway
changed from one form of an object to another, known by their digests.

Prints what came, then "ok"; or each response that was dropped or cut, and
"mixed" if there was a third form. Whoever begins while a worker drains tries
again: by SlowDown, or since a connection that had served before was closed
without a byte (RFC 9112 9.3.1).
"""
import json
import sys

first, second = sys.argv[1:3]
seen = {first: 0, second: 0}
again = closed = 0
for name in sys.argv[3:]:
    for line in open(name, encoding="utf-8"):
        if not line.endswith("\n"):
            continue
        note = json.loads(line)
        if note["status"] == 200 and note["whole"]:
            seen[note["sha256"]] = seen.get(note["sha256"], 0) + 1
        elif note["status"] == 503:
            again += 1
        elif note["reused"] and not note["status"]:
            closed += 1
        else:
            print("bad", note)
print(f"# first {seen.pop(first)}, second {seen.pop(second)}, "
      f"SlowDown {again}, closed between requests {closed}")
print("mixed" if seen else "ok")
