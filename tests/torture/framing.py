#!/usr/bin/python3
"""The same bytes to the gateway and to other servers: who takes what.

    framing.py PORT CA COUNT NAME=PORT ...

Every head of the corpus and COUNT mutants of the good ones, made from a fixed
seed, go to the gateway over TLS and to each named server in the clear, with a
second request behind. What another server takes and we refuse is counted; that
we take what all others refuse, or see more requests than all others, fails.
"""
import collections
import pathlib
import random
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "harness"))
import framing  # noqa: E402

BYTES = [b"\0", b"\t", b"\n", b"\r", b"\r\n", b" ", b":", b",", b";", b"\x0b",
         b"\x7f", b"\x80", b"\xff", b"\"", b"/", b"%", b"#", b"?", b"0", b"a",
         b"\r\nX: y", b"\r\nContent-Length: 3", b"\r\nConnection: close",
         b"\r\nTransfer-Encoding: chunked", b"\r\nHost: other", b"\r\n x"]


class Other(framing.Server):
    """Our end is closed behind what we send, so that it waits for no more; a
    tail that it does not read would reset the connection, and its answers."""

    def talk(self, *parts):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        got = b""
        try:
            sock.sendall(b"".join(parts))
            sock.shutdown(socket.SHUT_WR)
            while block := sock.recv(65536):
                got += block
        except (ConnectionError, OSError):
            pass
        finally:
            sock.close()
        return got


def mutant(rng, head):
    """One to three faults, anywhere."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(head))
        kind = rng.randrange(5)
        if kind == 0:
            head = head[:at] + rng.choice(BYTES) + head[at:]
        elif kind == 1:
            head = head[:at] + rng.choice(BYTES) + head[at + 1:]
        elif kind == 2:
            head = head[:at] + head[at + rng.randint(1, 3):]
        elif kind == 3:
            head = head[:at] + head[at:at + 1].swapcase() + head[at + 1:]
        else:
            lines = head.split(b"\r\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            head = b"\r\n".join(lines)
        if not head:
            return b"\r\n"
    return head


def heads(count):
    rng = random.Random(9112)
    good = [h for _, status, h in framing.corpus()
            if status == 0 and len(h) < 1000]
    for name, _, head in framing.corpus():
        yield name, head
    for number in range(count):
        yield f"mutant-{number}", mutant(rng, rng.choice(good))


def taken(answers):
    """Other servers answer 200 to all that they take."""
    found = framing.statuses(answers)
    return bool(found) and found[0] < 300


def main():
    gateway = framing.Server(int(sys.argv[1]), sys.argv[2])
    others = {name: Other(int(port)) for name, port in
              (word.split("=") for word in sys.argv[4:])}
    both, lone, more, total = collections.Counter(), [], [], 0
    refused = collections.Counter()
    ours_taken = 0
    for name, head in heads(int(sys.argv[3])):
        total += 1
        ours = gateway.talk(head + framing.NEXT + framing.TAIL)
        theirs = {n: s.talk(head + framing.NEXT) for n, s in others.items()}
        we_take = framing.accepted(head, ours)
        ours_taken += we_take
        for other, answers in theirs.items():
            both[other] += we_take and taken(answers)
            refused[other] += not we_take and taken(answers)
        if not we_take:
            continue
        # A server that resets the connection can lose its own answers.
        for _ in range(20):
            num = max(len(framing.statuses(a)) for a in theirs.values())
            if any(map(taken, theirs.values())) and num >= len(
                    framing.statuses(ours)):
                break
            theirs = {n: s.talk(head + framing.NEXT)
                      for n, s in others.items()}
        if not any(map(taken, theirs.values())):
            lone.append((name, head))
        elif len(framing.statuses(ours)) > num:
            more.append((name, head))
    for other in others:
        print(f"{other}: of {total} heads we take {ours_taken}, both take "
              f"{both[other]}; it takes {refused[other]} that we refuse")
    for name, found in (("we take nothing that all others refuse", lone),
                        ("we see no more requests than all others", more)):
        print("not ok" if found else "ok", name)
        for case in found[:20]:
            print(*case)
    print("ok" if ours_taken > 20 and all(both.values()) else "not ok",
          "each of them takes some that we take")


if __name__ == "__main__":
    main()
