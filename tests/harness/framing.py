#!/usr/bin/python3
"""Heads, good and malformed, each with a second request behind it.

    framing.py PORT CA     our corpus through the running gateway

Prints "ok NAME" and "not ok NAME". Also a module, for the campaign that asks
other servers too (tests/torture/framing.py).
"""
import re
import socket
import ssl
import sys

CORPUS = "tests/vectors/http_head.txt"
# What http_head.c answers to a head that it refuses.
REFUSALS = (400, 414, 417, 431, 501, 505)
# The second request is the last. Whoever took it for a part of the first one
# meets a line that nobody takes, so that no server waits for more.
NEXT = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
TAIL = b"\x00\r\n\r\n"
MOST = 1 << 20  # bytes of answers to a few requests


def corpus():
    """The cases of http_head.txt: name, status (0: accepted), head."""
    with open(CORPUS, encoding="ascii") as file:
        for block in file.read().split("\n\n"):
            case = dict(re.findall(r"^(\w+) = (.*)$", block, re.M))
            if case:
                yield (case["Name"], int(case["Status"]),
                       bytes.fromhex(case["Head"]))


class Server:
    """Who is asked: over TLS where there is a CA."""

    def __init__(self, port, ca=None):
        self.port = port
        self.tls = ssl.create_default_context(cafile=ca) if ca else None

    def talk(self, *parts):
        """Sends the parts; returns all that comes until the server closes.

        A server that never closes fails them all: the time-out is for it."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        got = b""
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_hostname="127.0.0.1")
            for part in parts:
                sock.sendall(part)
            while block := sock.recv(65536):
                got += block
                if len(got) > MOST:
                    sys.exit(f"no end of answers after {parts!r:.200}")
        except socket.timeout:
            sys.exit(f"the server does not close after {parts!r:.200}")
        except (ConnectionError, ssl.SSLError):
            pass  # a reset, once it has said what it thinks
        finally:
            sock.close()
        return got


def statuses(answers):
    """Of each answer. No body that we get has such a line in it."""
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3})", answers)]


def accepted(head, answers):
    """Whether the first head was taken for a request, by what came."""
    found = statuses(answers)
    return len(found) > 1 or (len(found) == 1 and found[0] not in REFUSALS)


def ends_connection(head):
    """Behind a request with a body, or of HTTP/1.0, ours answers no other."""
    return head.startswith(b"PUT") or b" HTTP/1.0\r\n" in head


def run_corpus(gateway):
    """The points of the scenario, each over many heads."""
    wrong, good, bad, cut = [], 0, 0, []
    for name, status, head in corpus():
        answers = gateway.talk(head + NEXT + TAIL)
        found = statuses(answers)
        if status:
            bad += 1
            right = found == [status]
            # Where the records end must not matter.
            half = len(head) // 2
            if statuses(gateway.talk(head[:half], head[half:] + NEXT)) != found:
                cut.append(name)
        else:
            good += 1
            right = len(found) == (1 if ends_connection(head) else 2) and (
                found[-1] == 200 or ends_connection(head))
        if not right:
            wrong.append((name, status, found))
    yield f"{bad} malformed heads are refused and the connection closed, " \
        f"{good} good ones are answered once each", \
        not wrong and bad >= 200 and good >= 20, wrong
    yield "and cut in two records the same", not cut, cut


def run_bodies(gateway):
    """What stands where a body would be is never taken for a request."""
    inner = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    put = b"PUT /b/k HTTP/1.1\r\nHost: localhost\r\n"
    chunked = put + b"Transfer-Encoding: chunked\r\n\r\n"
    bodies = {
        "of a stated length": put + b"Content-Length: %d\r\n\r\n" % len(inner)
        + inner,
        "in one chunk": chunked + b"%x\r\n" % len(inner) + inner
        + b"\r\n0\r\n\r\n",
        "behind the last chunk": chunked + b"0\r\n\r\n",
        "behind a chunk of no length": chunked + b"\r\n",
        "behind a chunk of a huge length": chunked + b"f" * 17 + b"\r\n",
        "in a trailer": chunked + b"0\r\nX: y\r\n",
        "behind an extension": chunked + b"0;a=\"\r\n\r\n\"\r\n\r\n",
        "of a body that the client would not send":
            put + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    }
    wrong = [(name, found) for name, bytes_ in bodies.items()
             if len(found := statuses(gateway.talk(bytes_ + inner))) != 1]
    yield f"{len(bodies)} bodies with a request in them: one answer each", \
        not wrong, wrong
    many = gateway.talk(inner * 99 + NEXT)
    yield "a hundred requests at once: a hundred answers", \
        statuses(many) == [200] * 100, len(statuses(many))


def main():
    gateway = Server(int(sys.argv[1]), sys.argv[2])
    for run in (run_corpus, run_bodies):
        for name, good, note in run(gateway):
            print("ok" if good else "not ok", name)
            if not good:
                print(note)


if __name__ == "__main__":
    main()
