#!/usr/bin/python3
"""order.py TRACE LOAD PORT: was each intent on disk before its first byte?

TRACE is `strace -f -yy -s 65536` of auditor and workers in one file: strace
lets no traced process go on before it has written its line, so the order of
lines is the order of events wherever one process waits for another. LOAD is
what load.py noted with --keep. The k-th request of a connection is matched
with the k-th answer on its socket, and with the write to the journal that
has its request id. Ends with status 1 when one byte came too early.
"""
import collections
import json
import re
import sys

SENDS = ("write", "writev", "sendto", "sendmsg")
RECEIVES = ("read", "readv", "recvfrom", "recvmsg")
CALL = re.compile(r"^(?:\[pid +)?(\d+)\]? +(?:<\.\.\. (\w+) resumed>|(\w+)\()")


def events(path, own_port):
    """(what, detail): intent ID | synced | in PORT | out PORT, in order."""
    socket = re.compile(rf"TCP:\[127\.0\.0\.1:{own_port}->[\d.]+:(\d+)\]")
    request = re.compile(r'\\"kind\\":\\"intent\\".*?\\"request\\":\\"([^"\\]+)')
    began = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = CALL.match(line)
            if not match:
                continue
            pid, resumed, name = match.groups()
            name = name or resumed
            unfinished = "<unfinished ...>" in line
            if name in SENDS and not resumed:
                port = socket.search(line.split(",", 1)[0])
                if port:
                    # What counts is when the sending began.
                    yield "out", port.group(1)
            if unfinished:
                began[pid] = line
                continue
            if resumed:
                line = began.pop(pid, "") + line
            if not re.search(r"= \d+", line):
                continue
            if name in RECEIVES and not re.search(r"= 0$", line.rstrip()):
                port = socket.search(line.split(",", 1)[0])
                if port:
                    yield "in", port.group(1)
            elif name.startswith("pwrite"):
                for found in request.findall(line):
                    yield "intent", found
            elif name in ("fdatasync", "fsync"):
                yield "synced", None


def answers(seen, asked):
    """(port, turn, durable): the first bytes out after bytes came in.

    `durable` is what was on disk by then; the set grows as one goes on.
    """
    written, durable = set(), set()
    waiting, turn = set(), collections.Counter()
    for what, detail in seen:
        if what == "intent":
            written.add(detail)
        elif what == "synced":
            durable |= written
            written.clear()
        elif detail not in asked:
            continue
        elif what == "in":
            waiting.add(detail)
        elif detail in waiting:
            waiting.remove(detail)
            yield detail, turn[detail], durable
            turn[detail] += 1


def main():
    trace, load, own_port = sys.argv[1:4]
    asked = collections.defaultdict(list)
    with open(load, encoding="utf-8") as file:
        for line in file:
            note = json.loads(line)
            if note["status"] != 200 or not note["bytes"]:
                sys.exit(f"a response without data: {line}")
            asked[str(note["port"])].append(note["request"])
    seen = list(events(trace, own_port))
    # The first turns of a connection are its handshake: what is more than the
    # requests that the client made over it.
    turns = collections.Counter(port for port, _, _ in answers(seen, asked))
    skip = {port: turns[port] - len(ids) for port, ids in asked.items()}
    if any(not 0 <= count <= 3 for count in skip.values()):
        sys.exit(f"answers and requests do not match: {skip}")
    checked, early, durable = 0, [], set()
    for port, turn, durable in answers(seen, asked):
        if turn >= skip[port]:
            checked += 1
            request = asked[port][turn - skip[port]]
            if request not in durable:
                early.append(request)
    unknown = [i for ids in asked.values() for i in ids if i not in durable]
    print(f"{checked} responses checked, {len(early)} before their record, "
          f"{len(unknown)} without one")
    return 1 if early or unknown or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
