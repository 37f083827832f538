#!/usr/bin/python3
"""rekey.py URL CA KEY SECRET-FILE OBJECT...: microseconds from asking until the
first byte of each object has come, one line, over one connection that has been
used before. Exit 1: an answer was not 206."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../harness"))
import s3client  # noqa: E402


def main():
    url, ca, key, secret, *objects = sys.argv[1:]
    with open(secret, encoding="ascii") as file:
        secret = file.read().strip()
    client = s3client.Client(url, ca, key, secret, keep=True)
    client.fetch("GET", "/")
    took = []
    for name in objects:
        begin = time.monotonic_ns()
        status, _, body = client.fetch("GET", name, {"Range": "bytes=0-0"})
        took.append((time.monotonic_ns() - begin) // 1000)
        if status != 206 or body != b"a":
            sys.exit(f"rekey.py: {name}: {status}")
    print(*took)


if __name__ == "__main__":
    main()
