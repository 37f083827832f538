#!/usr/bin/python3
"""load.py: threads that read objects again and again, and note what came.

Each response, whole or cut off, is one line of JSON in the output: thread,
the client's port, status, request id, record index, bytes of the body that
arrived and their digest, whether it was whole, and whether the connection had
served a request before. A connection that breaks is one line too. With
--keep a thread has one connection for all of its requests.
"""
import argparse
import hashlib
import http.client
import json
import threading
import time

import s3client


def one(client, path, note, pause, headers):
    response = client.open("GET", path, headers)
    if client.connection.sock is not None:
        note["port"] = client.connection.sock.getsockname()[1]
    note["status"] = response.status
    note["request"] = response.getheader("x-amz-request-id")
    note["record"] = response.getheader("x-gatehouse-record")
    digest = hashlib.sha256()
    while block := response.read1(65536):
        note["bytes"] += len(block)
        digest.update(block)
        time.sleep(pause)
    # read1 says nothing of a body that ends early.
    note["whole"] = response.length in (None, 0)
    note["sha256"] = digest.hexdigest()
    response.close()


def work(index, args, secret, stop, out, lock):
    slow = index < args.slow
    client = s3client.Client(args.url, args.ca, args.key, secret,
                             keep=args.keep, timeout=20,
                             window=4096 if slow else 0)
    headers = {"Range": args.range} if args.range else {}
    count = 0
    if args.keep:
        # The handshake is over before the first request: order.py counts.
        client.connection = client.connect()
        client.connection.connect()
        time.sleep(0.2)
    while not stop.is_set() and (not args.count or count < args.count):
        path = args.path[0 if slow else (index + count) % len(args.path)]
        note = {"thread": index, "path": path, "status": 0, "bytes": 0,
                "whole": False, "at": time.time(),
                "reused": args.keep and client.connection is not None and
                client.connection.sock is not None}
        try:
            one(client, path, note, 0.02 if slow else 0, headers)
        except (OSError, http.client.HTTPException) as error:
            note["broken"] = type(error).__name__
            client.close()
            time.sleep(0.02)
        note["took"] = time.time() - note["at"]
        with lock:
            out.write(json.dumps(note) + "\n")
            out.flush()
        count += 1
        stop.wait(args.rest)
    client.close()


def main():
    parser = argparse.ArgumentParser()
    for name in ("--url", "--ca", "--key", "--secret-file", "--output"):
        parser.add_argument(name, required=True)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--slow", type=int, default=0,
                        help="so many threads read the first path, slowly")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--range")
    parser.add_argument("--rest", type=float, default=0,
                        help="seconds between two requests of a thread")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("path", nargs="+")
    args = parser.parse_args()
    with open(args.secret_file, encoding="ascii") as file:
        secret = file.read().strip()
    stop, lock = threading.Event(), threading.Lock()
    with open(args.output, "a", encoding="utf-8") as out:
        threads = [threading.Thread(target=work, args=(
            i, args, secret, stop, out, lock)) for i in range(args.threads)]
        for thread in threads:
            thread.start()
        end = time.time() + args.seconds
        for thread in threads:
            thread.join(max(0, end - time.time()))
        stop.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
