#!/usr/bin/python3
"""killer.py: kill -9 of one role after the other, and how long it is felt.

Somebody is just reading what must be made for him; then the object is written
anew, so that to serve it again takes a worker, the keeper, the auditor, both
openers, a mill and the codebook: its only person must have the same code for
ever. The time is from the kill to the end of the first right
answer. "two" is the auditor or the keeper, and somebody while all start again. A
loader is killed while it reloads, and what serves goes on.

Points for lib.sh's tap_from, and as comments the figures of each role: nothing
but the right bytes came, the code included; who was killed is there again; in none of the others
has become more what it holds open, or in memory, since the first tenth of the
kills; no process is left as a zombie. With --p99 that one is judged too.
"""
import argparse
import collections
import http.client
import os
import random
import re
import signal
import sys
import threading
import time

import processes
import s3client

PATIENT_S = 60
SPARE_KB, SLOT_KB, PROGRAMS = 1024, 4, 9
ROWS = 5000
HEAD = "mrn,name,birth_date,zip,sex,diagnosis,phone,note,research\n"


def say(name, wrong):
    print("not ok" if wrong else "ok", name)
    for item in wrong[:5]:
        print("   ", item)
    sys.stdout.flush()


def until(what):
    """True as soon as it is so; False: not for a long time."""
    end = time.monotonic() + PATIENT_S
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.002)
    return False


class Gate:
    def __init__(self, args, secret):
        self.args, self.secret, self.wrong = args, secret, []
        self.number, self.form, self.code = 0, "", None
        self.planned = collections.Counter(self.roles())

    def look(self):
        return processes.below(self.args.pid).values()

    def of(self, role):
        return [p.pid for p in self.look()
                if p.role == role and p.state != "Z"]

    def roles(self):
        """But the verifier, who comes and goes."""
        return sorted(p.role for p in self.look()
                      if p.state != "Z" and p.role != "verifier")

    def is_whole(self):
        return not self.planned - collections.Counter(self.roles())

    def renew(self):
        """Another content of what is probed; `sex` is delivered as it is."""
        self.number += 1
        path = os.path.join(self.args.folder, "probe.csv")
        row = (f"CNRYM1,CNRYN1,1950-02-03,60601,round {self.number},I10,"
               "CNRYP1,CNRYT,yes\n")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(HEAD + row * ROWS)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        self.form = f",1950,606,round {self.number},I10"

    def fetch(self):
        """Status and body of what is probed; None, "": no whole answer."""
        client = s3client.Client(self.args.url, self.args.ca, "TRAIN01",
                                 self.secret, timeout=20)
        try:
            status, _, body = client.fetch("GET", "/coded/probe.csv")
        except (OSError, http.client.HTTPException):
            return None, b""
        finally:
            client.close()
        return status, body

    def is_right(self, body):
        """Every row is as it should be, under the code that came first; of the
        second epoch, where the ledger was there before the keys of codes."""
        head, *rows = body.decode("ascii").splitlines()
        code = rows[0].split(",")[0] if rows else ""
        self.code = self.code or code
        return head == "mrn,birth_date,zip,sex,diagnosis" and \
            re.match("t[12]_", code) and rows == [self.code + self.form] * ROWS

    def serves(self):
        status, body = self.fetch()
        if status == 200 and self.is_right(body):
            return True
        if status not in (None, 503):
            self.wrong.append((status, body[:200]))
        return False


def slay(pid):
    """False: it has just ended by itself."""
    assert pid > 1
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_loader(gate):
    """In the midst of a reload; None: it was too quick for us."""
    before = processes.children(gate.args.pid)
    os.kill(gate.args.pid, signal.SIGHUP)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        for pid in processes.children(gate.args.pid) - before:
            process = processes.read(pid)
            if process is not None and process.role == "loader":
                time.sleep(random.random() * 0.02)
                return time.monotonic() if slay(pid) else None
    return None


def kill_two(gate):
    """The core starts again, and one of it, or a worker, dies meanwhile."""
    began = kill_one(gate, random.choice(("auditor", "keeper")))
    time.sleep(random.random() * 0.15)
    others = [p for p in gate.look() if p.role not in ("supervisor", "loader")]
    if others:
        slay(random.choice(others).pid)
    return began


def kill_one(gate, role):
    """When it was, or None: there is nobody to be killed."""
    if role == "loader":
        return kill_loader(gate)
    if role == "two":
        return kill_two(gate)
    victims = gate.of(role)
    began = time.monotonic()
    return began if victims and slay(random.choice(victims)) else None


def disturb(gate, role):
    """In the midst of a read; what comes of that read, load.py judges."""
    gate.renew()
    reader = threading.Thread(target=gate.fetch)
    reader.start()
    time.sleep(random.random() * 0.05)
    began = kill_one(gate, role)
    gate.renew()
    return began, reader


def held(gate, role):
    """Of all that outlive this role: what each holds open, and in memory."""
    return {p.pid: (p.role, processes.descriptors(p.pid) or (0, 0), p.rss_kb)
            for p in gate.look() if p.role not in (role, "loader")}


def held_at_work(gate, role, missing):
    """The same, the most within a second: whoever has just begun has worked by
    then, and clients whose connection was cut are back."""
    gate.renew()
    if not until(gate.serves):
        missing.append("not served before it began")
    most = {}
    for _ in range(20):
        for pid, (name, fds, rss) in held(gate, role).items():
            _, had, rss_had = most.get(pid, (name, (0, 0), 0))
            most[pid] = (name, max(had, fds, key=lambda n: n[0] - n[1]),
                         max(rss_had, rss))
        time.sleep(0.05)
    return most


def grown(before, after, renewed):
    """Those that lived all the time, and hold more than they did: but for the
    slots that a keeper has met, of each content one, which it knows when they
    are evicted too, and the programs of three generations more, which the
    starter keeps."""
    for pid, (role, (fds, slots), rss) in after.items():
        if pid not in before:
            continue
        _, (fds_then, slots_then), rss_then = before[pid]
        spare = 3 * PROGRAMS if role == "supervisor" else 2
        if fds - slots > fds_then - slots_then + spare:
            yield f"{role}: {fds_then}, then {fds} descriptors, {slots} slots"
        met = renewed if role == "keeper" else max(0, slots - slots_then)
        if rss > rss_then * 1.1 + SPARE_KB + met * SLOT_KB:
            yield f"{role}: {rss_then}, then {rss} kB, {met} slots"


def percentile(sorted_ms, part):
    return sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * part))]


def campaign(gate, role):
    took, missing, before, number = [], [], None, 0
    while len(took) < gate.args.rounds:
        if len(took) == gate.args.rounds // 10:
            before, number = held_at_work(gate, role, missing), gate.number
        began, reader = disturb(gate, role)
        if not until(gate.serves):
            missing.append(f"round {len(took)}: not served again")
        if began is not None:
            took.append((time.monotonic() - began) * 1000)
        reader.join()
        if not until(gate.is_whole):
            missing.append(f"round {len(took)}: {gate.roles()}")
        time.sleep(gate.args.rest + random.random() * 0.1)
    took.sort()
    print(f"# {role}: killed {len(took)} times, serving again after "
          f"{percentile(took, .5):.0f} ms (p50), "
          f"{percentile(took, .99):.0f} ms (p99), {took[-1]:.0f} ms (max)")
    say(f"{role}: serves again, with all roles", missing)

    def holds_more():
        return list(grown(before, held(gate, role), gate.number - number))

    # What drains still has its time.
    until(lambda: not holds_more())
    say(f"{role}: nobody else holds more", holds_more())
    p99 = percentile(took, .99)
    if gate.args.p99:
        # Two that die one after the other have that time one after the other.
        most = gate.args.p99 * (2 if role == "two" else 1)
        say(f"{role}: within {most} ms (p99)",
            [f"{p99:.0f} ms"] if p99 > most else [])


def main():
    parser = argparse.ArgumentParser()
    for name in ("--url", "--ca", "--secret-file", "--folder"):
        parser.add_argument(name, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rest", type=float, default=0.6)
    parser.add_argument("--p99", type=int, default=0)
    parser.add_argument("--roles", nargs="*")
    args = parser.parse_args()
    with open(args.secret_file, encoding="ascii") as file:
        gate = Gate(args, file.read().strip())
    gate.renew()
    say("the probe is served before", [] if until(gate.serves) else [1])
    openers = ("origin", "spool") if os.getuid() == 0 else ("opener",)
    for role in args.roles or ("worker", "mill", *openers, "auditor",
                               "keeper", "codebook", "two", "loader"):
        campaign(gate, role)
    say("nothing but the right bytes and 503", gate.wrong)
    say("no zombie is left",
        [] if until(lambda: all(p.state != "Z" for p in gate.look()))
        else [p for p in gate.look() if p.state == "Z"])


if __name__ == "__main__":
    main()
