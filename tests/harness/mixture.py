#!/usr/bin/python3
"""mixture.py: everything at once, for a stated time.

Clients of several kinds read: whole, in ranges, listings, presigned, sealed,
slowly, by programs of others, through `transform`; strangers are refused. The
sources change all the time. In turns it is calm, and there is a storm: reloads
to another policy and back, and role after role killed.

What a response may be is known: of each version of each source the form that
either policy gives it. A whole answer is one of these, of a version no older
than when it was asked for, and in calm of the policy in force; or it was not
whole, and said so: 503, a cut connection. Of every process what it holds in
the last two thirds of each calm is no more than in the first.

SIGTERM ends it early: what was seen is judged, and one point says that it was
not the whole.

Points for lib.sh's tap_from, and figures as comments.
"""
import argparse
import collections
import hashlib
import http.client
import os
import random
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

import processes
import s3client

RAW_HEAD = "mrn,name,birth_date,zip,sex,diagnosis,phone,note,research\n"
SIZES = {"small.csv": 20, "middle.csv": 2000, "large.csv": 20000}
KEPT = 200  # versions of a source that are remembered
FLAT_KB, SLOT_KB = 2048, 4


class Busy(Exception):
    """Not whole, and the client knows it."""


class Wrong(Exception):
    """What must not be."""


class Sources:
    """What lies at the origin, and what may be made of it."""

    def __init__(self, folder):
        self.folder, self.lock = folder, threading.Lock()
        self.version = dict.fromkeys(SIZES, 0)
        self.forms = {name: collections.OrderedDict() for name in SIZES}

    def change(self, name):
        number = self.version[name] + 1
        tags = [f"{name[0]}.{number}.{i}" for i in range(SIZES[name])]
        raw = RAW_HEAD + "".join(
            f"CNRYM{i},CNRYN{i},1950-02-03,60601,{tag},I10,CNRYP1,CNRYT,yes\n"
            for i, tag in enumerate(tags))
        forms = {
            "first": "birth_date,zip,sex,diagnosis\n" + "".join(
                f"1950,606,{tag},I10\n" for tag in tags),
            "second": "birth_date,zip,sex\n" + "".join(
                f"1950,606,{tag}\n" for tag in tags),
            "sealed": "birth_date,sex\n" + "".join(
                f"1950,{tag}\n" for tag in tags)}
        with self.lock:
            for form, text in forms.items():
                digest = hashlib.sha256(text.encode()).digest()
                self.forms[name][digest] = (number, form)
            while len(self.forms[name]) > 3 * KEPT:
                self.forms[name].popitem(last=False)
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(raw)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        self.version[name] = number

    def judge(self, name, body, since, forms):
        """`since`: the version that lay there when it was asked for."""
        with self.lock:
            known = self.forms[name].get(hashlib.sha256(body).digest())
        if known is None:
            raise Wrong(f"{name}: {len(body)} bytes of no form of it: "
                        f"{body[:60]!r}")
        if known[0] < since or known[1] not in forms:
            raise Wrong(f"{name}: {known}, not {forms} since {since}")


class Mixture:
    def __init__(self, args):
        self.args = args
        self.sources = Sources(args.folder)
        for name in SIZES:
            self.sources.change(name)
        self.stop, self.calm = threading.Event(), threading.Event()
        self.policy = {"first"}  # that may be in force
        self.lock, self.boto_lock = threading.Lock(), threading.Lock()
        self.right, self.busy = collections.Counter(), collections.Counter()
        self.wrong, self.kills, self.reloads = [], 0, collections.Counter()
        self.grown, self.spool_most = [], 0

    # --- Clients ---

    def secret(self, key):
        with open(f"{self.args.keys}/{key}", encoding="ascii") as file:
            return file.read().strip()

    def client(self, key="TRAIN01", **more):
        return s3client.Client(self.args.url, self.args.ca, key,
                               self.secret(key), timeout=60, **more)

    def boto(self):
        # Its session, which all threads share, is not made for two at once.
        with self.boto_lock:
            return boto3.client(
                "s3", endpoint_url=self.args.url, region_name="eu-central-1",
                aws_access_key_id="TRAIN01",
                aws_secret_access_key=self.secret("TRAIN01"),
                verify=self.args.ca, config=botocore.config.Config(
                    retries={"total_max_attempts": 1}, read_timeout=60,
                    s3={"addressing_style": "path"}))

    def fetch(self, client, name, bucket="train", pause=0):
        response = client.open("GET", f"/{bucket}/{name}")
        parts = []
        while block := response.read1(65536):
            parts.append(block)
            time.sleep(pause)
        whole = response.length in (None, 0)
        response.close()
        client.close()
        if response.status == 503 or not whole:
            raise Busy
        if response.status != 200:
            raise Wrong(f"{name}: {response.status}")
        return b"".join(parts)

    def whole(self, name):
        return self.fetch(self.client(), name)

    def slow(self, name):
        return self.fetch(self.client(window=4096), name, pause=0.01)

    def ranges(self, name):
        s3 = self.boto()
        head = s3.head_object(Bucket="train", Key=name)
        length, parts = head["ContentLength"], []
        step = max(1, length // 7 + 1)
        for at in range(0, length, step):
            parts.append(s3.get_object(
                Bucket="train", Key=name, IfMatch=head["ETag"],
                Range=f"bytes={at}-{at + step - 1}")["Body"].read())
        return b"".join(parts)

    def listing(self, _):
        pages = self.boto().get_paginator("list_objects_v2").paginate(
            Bucket="train", PaginationConfig={"PageSize": 2})
        keys = {item["Key"] for page in pages
                for item in page.get("Contents", [])}
        if not keys >= set(SIZES):
            raise Wrong(f"a listing of {sorted(keys)}")

    def presigned(self, name):
        url = self.boto().generate_presigned_url(
            "get_object", Params={"Bucket": "train", "Key": name})
        context = ssl.create_default_context(cafile=self.args.ca)
        with urllib.request.urlopen(url, timeout=60, context=context) as file:
            return file.read()

    def run(self, *command, data=None, **more):
        done = subprocess.run(command, input=data, capture_output=True,
                              timeout=120, check=False,
                              env=self.args.env | more)
        if done.returncode:
            raise Busy
        return done.stdout

    def curl(self, name):
        url = self.boto().generate_presigned_url(
            "get_object", Params={"Bucket": "train", "Key": name})
        return self.run("/usr/bin/curl", "-sf", "--noproxy", "*", "--cacert",
                        self.args.ca, url)

    def aws(self, name):
        path = os.path.join(self.args.env["HOME"], "aws.out")
        self.run("/usr/bin/aws", "--endpoint-url", self.args.url, "s3api",
                 "get-object", "--bucket", "train", "--key", name, path,
                 AWS_SHARED_CREDENTIALS_FILE=self.args.credentials,
                 AWS_PROFILE="TRAIN01", AWS_CA_BUNDLE=self.args.ca,
                 AWS_DEFAULT_REGION="eu-central-1", AWS_MAX_ATTEMPTS="1",
                 AWS_EC2_METADATA_DISABLED="true")
        with open(path, "rb") as file:
            return file.read()

    def rclone(self, name):
        return self.run("/usr/bin/rclone", "--config", self.args.rclone,
                        "--ca-cert", self.args.ca, "--retries", "1",
                        "--low-level-retries", "1", "cat", f"gate:train/{name}")

    def transform(self, name):
        path = os.path.join(self.args.folder, name)
        with open(path, "rb") as file:
            return self.run(self.args.tool, "transform", "--config",
                            self.args.config, "--agreement", "train",
                            "--place", "virginia", data=file.read())

    def sealed(self, name):
        client = self.client("GPU01", cert=self.args.cert,
                             cert_key=self.args.cert_key)
        body = self.fetch(client, name + ".age", "sealed")
        try:
            return self.run(self.args.tool, "open", "-i", self.args.identity,
                            data=body)
        except Busy:
            raise Wrong(f"{name}.age does not open") from None

    def stranger(self, name):
        status, _, _ = self.client("STRANGER1").fetch("GET", f"/train/{name}")
        if status == 503:
            raise Busy
        if status != 403:
            raise Wrong(f"a stranger gets {status}")

    def missing(self, _):
        status, _, _ = self.client().fetch("GET", "/train/nothing.csv")
        if status == 503:
            raise Busy
        if status != 404:
            raise Wrong(f"what is not there is {status}")

    def one(self, kind, name):
        """One read of that kind, judged. It counts as of what it began in."""
        since, calm = self.sources.version[name], self.calm.is_set()
        with self.lock:
            before = set(self.policy)
        body = getattr(self, kind)(name)
        with self.lock:
            forms = before | self.policy
        if not calm or not self.calm.is_set():
            forms = {"first", "second"}
        if kind == "sealed":
            forms = {"sealed"}
        if body is not None:
            self.sources.judge(name, body, since, forms)

    def work(self, kind, rest):
        while not self.stop.wait(rest * random.random() * 2):
            name = random.choice(list(SIZES))
            try:
                self.one(kind, name)
                self.right[kind] += 1
            except Wrong as error:
                self.wrong.append(f"{kind}: {error}")
            except (Busy, OSError, http.client.HTTPException,
                    botocore.exceptions.BotoCoreError,
                    botocore.exceptions.ClientError) as error:
                self.busy[kind, self.calm.is_set()] += 1
                self.look_at(kind, error)
            except Exception as error:  # else the thread would end unseen
                self.wrong.append(f"{kind}: {error!r}")

    def look_at(self, kind, error):
        """Busy is 503, a source that changed under a part (412), or a cut."""
        said = (getattr(error, "response", None) or {}).get(
            "ResponseMetadata", {}).get("HTTPStatusCode",
                                        getattr(error, "code", 503))
        if said not in (503, 412, 416):
            self.wrong.append(f"{kind}: {said} {error}")

    # --- What disturbs them ---

    def change(self):
        while not self.stop.wait(1 + random.random() * 3):
            self.sources.change(random.choice(list(SIZES)))

    def reload(self):
        then = "second" if self.policy == {"first"} else "first"
        with self.lock:
            before, self.policy = set(self.policy), {"first", "second"}
        path = self.args.policy
        with open(f"{path}.{then}", "rb") as file, \
                open(path + ".new", "wb") as new:
            new.write(file.read())
        os.rename(path + ".new", path)
        done = subprocess.run(
            [self.args.tool, "reload", "--config", self.args.config],
            capture_output=True, timeout=120, check=False)
        self.reloads[done.returncode] += 1
        with self.lock:
            self.policy = {then} if done.returncode == 0 else before

    def storm(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stop.is_set():
            roles = [p for p in processes.below(self.args.pid).values()
                     if p.role in ("worker", "mill", "keeper", "auditor",
                                   "spool", "origin", "opener")]
            try:
                os.kill(random.choice(roles).pid, signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass
            self.stop.wait(2)
            self.reload()
            self.stop.wait(2)
        # Whoever is to know the policy afterwards finds one that serves.
        for _ in range(10):
            if len(self.policy) == 1 and self.settle():
                return

    def settle(self):
        """A reload that succeeds says which policy is in force."""
        self.reload()
        return len(self.policy) == 1

    def held(self):
        found = {}
        for p in processes.below(self.args.pid).values():
            fds, slots = processes.descriptors(p.pid) or (0, 0)
            found[p.pid] = (p.role, fds - slots, p.rss_kb - slots * SLOT_KB)
        return found

    def look_at_spool(self):
        size = 0
        for folder, _, names in os.walk(self.args.spool):
            for name in names:
                try:
                    size += os.stat(os.path.join(folder, name)).st_size
                except OSError:
                    pass
        self.spool_most = max(self.spool_most, size)

    def rest(self, seconds):
        """A calm: what everybody holds after a third of it, and later."""
        self.calm.set()
        self.stop.wait(seconds / 3)
        first, most = self.held(), {}
        end = time.monotonic() + seconds * 2 / 3
        while time.monotonic() < end and not self.stop.wait(2):
            self.look_at_spool()
        for pid, (role, fds, rss) in self.held().items():
            if pid not in first:
                continue
            most[role] = max(most.get(role, 0), rss - first[pid][2])
            if rss > first[pid][2] * 1.1 + FLAT_KB or fds > first[pid][1] + 40:
                self.grown.append(f"{role}: {first[pid]}, then {fds} "
                                  f"descriptors and {rss} kB")
        print("# calm, kB more:", " ".join(
            f"{role} {kb}" for role, kb in sorted(most.items())))
        sys.stdout.flush()
        self.calm.clear()

    # --- All of it ---

    def all(self, kinds, seconds):
        threads = [threading.Thread(target=self.work, args=kind, daemon=True)
                   for kind in kinds]
        threads.append(threading.Thread(target=self.change, daemon=True))
        for thread in threads:
            thread.start()
        cycle = max(60, seconds / 12)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stop.is_set():
            self.rest(cycle * 0.7)
            if time.monotonic() < end and not self.stop.is_set():
                self.storm(cycle * 0.3)
        early = max(0, end - time.monotonic()) if self.stop.is_set() else 0
        self.stop.set()
        for thread in threads:
            thread.join(timeout=150)
        return [t for t in threads if t.is_alive()], early


def say(name, wrong):
    print("not ok" if wrong else "ok", name)
    for item in wrong[:5]:
        print("   ", item)


def log_events(path, expected):
    """Events that nobody expects here: how often each came, and the first. An
    error is expected as NAME:CODE, for it may come for another reason too."""
    names, first = collections.Counter(), {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if re.match("[a-z-]+( [a-z-]+=|$)", line):
                code = re.search(" code=([a-z-]+)", line)
                name = line.split()[0]
                if code and name + ":" + code[1] in expected:
                    name += ":" + code[1]
                names[name] += 1
                first.setdefault(name, line.strip())
    print("# log:", " ".join(f"{n} {c}" for n, c in sorted(names.items())))
    return [f"{c}: {first[n]}" for n, c in names.items() if n not in expected]


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "ca", "keys", "folder", "tool", "config", "policy",
                 "identity", "cert", "cert-key", "rclone", "credentials",
                 "spool", "log", "expected"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--spool-most", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    args.env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                "HOME": os.path.dirname(args.credentials)}
    mixture = Mixture(args)
    signal.signal(signal.SIGTERM, lambda *_: mixture.stop.set())
    kinds = [("whole", 0.2), ("whole", 0.2), ("ranges", 0.5), ("slow", 1),
             ("listing", 1), ("presigned", 0.5), ("curl", 1), ("sealed", 1),
             ("stranger", 1), ("missing", 1), ("transform", 2), ("aws", 15),
             ("rclone", 10)]
    stuck, early = mixture.all(kinds, args.seconds)
    for kind in dict.fromkeys(kind for kind, _ in kinds):
        print(f"# {kind}: {mixture.right[kind]} right, busy "
              f"{mixture.busy[kind, True]} times in calm and "
              f"{mixture.busy[kind, False]} in storm")
    print(f"# {mixture.kills} killed; reloads, by their status:",
          dict(mixture.reloads), f"; the spool held at most "
          f"{mixture.spool_most >> 20} MiB")
    say("it ran for as long as was asked",
        [f"{early:.0f} of {args.seconds:.0f} s were left"] if early else [])
    say("every kind of client was served",
        [k for k, _ in kinds if not mixture.right[k]])
    say("every answer is of one policy and one version", mixture.wrong)
    say("nobody hangs", stuck)
    say("who lives holds no more", mixture.grown)
    say("the spool keeps to its size",
        [mixture.spool_most] if mixture.spool_most > args.spool_most else [])
    say("the log tells nothing else",
        log_events(args.log, args.expected.split()))


if __name__ == "__main__":
    main()
