#!/usr/bin/python3
"""looker.py: reads without a pause, until it is told to end, and looks at it.

Each path is read by a thread of its own. What comes with 200 is the bytes of
--good, or nothing of it (cut off before the first); without --good, nothing.
No answer holds a canary. At the end: how many answers, and what was wrong.
"""
import argparse
import http.client
import re
import signal
import sys
import threading

import s3client

CANARY = re.compile(rb"CNRY[A-Z][0-9]|CNRYT")
PAUSE_S = 0.05


def look(args, secret, path, stop, seen):
    client = s3client.Client(args.url, args.ca, args.key, secret, timeout=30,
                             source=args.source)
    while not stop.wait(PAUSE_S):
        try:
            status, _, body = client.fetch("GET", path)
        except http.client.IncompleteRead as cut:
            status, body = 200, cut.partial
        except (OSError, http.client.HTTPException):
            status, body = 0, b""
        wrong = CANARY.search(body) or (
            status == 200 and body not in args.allowed and "?" not in path)
        seen.append((path, status, body[:80]) if wrong else None)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--url", "--ca", "--key", "--secret-file"):
        parser.add_argument(name, required=True)
    parser.add_argument("--source")
    parser.add_argument("--good", action="append", default=[])
    parser.add_argument("path", nargs="+")
    args = parser.parse_args()
    args.allowed = [b""]
    for name in args.good:
        with open(name, "rb") as file:
            args.allowed.append(file.read())
    with open(args.secret_file, encoding="ascii") as file:
        secret = file.read().strip()
    stop, seen = threading.Event(), []
    threads = [threading.Thread(target=look, args=(
        args, secret, path, stop, seen)) for path in args.path]
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [item for item in seen if item]
    print(f"{len(seen)} answers, {len(wrong)} wrong")
    for item in wrong[:5]:
        print(" ", item)
    sys.exit(bool(wrong) or not seen)


if __name__ == "__main__":
    main()
