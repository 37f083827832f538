#!/usr/bin/python3
"""Requests of nobody, many, over kept connections.

    flood.py PORT CA COUNT PREFIXES

From two source addresses of each of PREFIXES prefixes of 24 bits, 127.0.1.1,
127.0.1.2, 127.0.2.1 and on. Prints what was answered: a status and how often.
"""
import collections
import socket
import ssl
import sys

import framing

# What an unknown client sends: nothing that proves, something that is wrong.
AHEAD = 50
REQUEST = (b"GET /train/a.csv HTTP/1.1\r\nHost: localhost\r\n\r\n",
           b"GET /fraud?list-type=2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
           b"GET / HTTP/1.1\r\nHost: localhost\r\n"
           b"Authorization: AWS4-HMAC-SHA256 Credential=NOBODY/20260101/"
           b"eu-central-1/s3/aws4_request, SignedHeaders=host;"
           b"x-amz-content-sha256;x-amz-date, Signature=" + b"0" * 64 + b"\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
           b"x-amz-date: 20260101T000000Z\r\n\r\n")


def connect(port, tls, number):
    sock = socket.create_connection(
        ("127.0.0.1", port), timeout=60,
        source_address=(f"127.0.{number // 2 + 1}.{number % 2 + 1}", 0))
    return tls.wrap_socket(sock, server_hostname="127.0.0.1")


def main():
    port, ca, count, prefixes = (int(sys.argv[1]), sys.argv[2],
                                 int(sys.argv[3]), int(sys.argv[4]))
    tls = ssl.create_default_context(cafile=ca)
    socks = [connect(port, tls, n) for n in range(2 * prefixes)]
    seen = collections.Counter()
    asked = 0
    while asked < count:
        for sock in socks:
            sock.sendall(b"".join(REQUEST[(asked + i) % len(REQUEST)]
                                  for i in range(AHEAD)))
            asked += AHEAD
        for sock in socks:
            got = b""
            while got.count(b"</Error>") < AHEAD:
                block = sock.recv(65536)
                if not block:
                    sys.exit("the gateway closes: " + repr(got[-200:]))
                got += block
            seen.update(framing.statuses(got))
    for status, number in sorted(seen.items()):
        print(status, number)


if __name__ == "__main__":
    main()
