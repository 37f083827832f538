#!/usr/bin/python3
"""What an outsider can tell, and what any answer tells of the raw file.

    outsiders.py GATEWAY-FOLDER PORT RAW-FOLDER

Prints "ok NAME" and "not ok NAME".
"""
import base64
import hashlib
import os
import re
import sys
import urllib.parse
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials

import framing
import s3client

folder, port, raw_folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
CA = f"{folder}/tls/ca.pem"
URL = f"https://127.0.0.1:{port}"
server = framing.Server(port, CA)


def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good:
        print(repr(note)[:600])


def identity(key, secret=None):
    if secret is None:
        with open(f"{folder}/keys/s3/{key}", encoding="ascii") as file:
            secret = file.read().strip()
    return s3client.Client(URL, CA, key, secret)


def ask(who, method, target, headers=None, presigned=False):
    """The answer to one request, as it came."""
    headers = dict(headers or {})
    if who is not None and presigned:
        request = botocore.awsrequest.AWSRequest(method, URL + target)
        botocore.auth.S3SigV4QueryAuth(
            botocore.credentials.Credentials(who.key, who.secret), "s3",
            who.region, expires=600).add_auth(request)
        target = request.url[len(URL):]
    elif who is not None:
        headers = who.sign(method, target, headers)
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}",
             "Connection: close"] + [f"{n}: {v}" for n, v in headers.items()]
    return server.talk("\r\n".join(lines + ["", ""]).encode())


def bare(answer):
    """Without what belongs to this one request: its id, record and date."""
    answer = re.sub(rb"(?mi)^(date|x-amz-request-id|x-amz-id-2|"
                    rb"x-gatehouse-record): .*\r$", rb"\1:\r", answer)
    return re.sub(rb"<RequestId>[0-9A-F]{16}<", b"<RequestId><", answer)


# ---- denied, and not there ------------------------------------------------

# Of a bank's bucket, with an object that is there; one that is not; and a
# bucket that is not, with names as long.
TARGETS = ["/fraud/cards.csv", "/fraud/crads.csv", "/xraud/cards.csv",
           "/fraud/a/much/longer/name.csv", "/nobody-has-this/cards.csv"]
CONDITIONS = [{}, {"If-Match": '"x"'}, {"If-None-Match": "*"},
              {"If-None-Match": '"x"'}, {"Range": "bytes=0-9"},
              {"Range": "bytes=999999999-"},
              {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
              {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
              {"x-amz-checksum-mode": "ENABLED"}]
QUERIES = ["", "?attributes", "?versionId=null", "?partNumber=1"]
LISTINGS = ["", "?list-type=2", "?list-type=2&prefix=c", "?versions",
            "?versions&prefix=cards.csv", "?location",
            "?list-type=2&max-keys=0", "?list-type=2&start-after=cards"]


def one_answer(name, answers):
    """All of these must be the same bytes."""
    kinds = {bare(a) for a in answers}
    point(f"{name}: {len(answers)} requests, one answer", len(kinds) == 1 and
          re.match(rb"HTTP/1\.1 403 ", answers[0]) is not None and
          not any(b"x-gatehouse-reason" in k for k in kinds), sorted(kinds))


WHO = {"another's key": identity("TRAIN01"),
       "a key of nobody": identity("STRANGER1", "x" * 40),
       "a wrong secret": identity("TRAIN01", "x" * 40), "nobody": None}
for name, who in WHO.items():
    for method in ("GET", "HEAD"):
        one_answer(f"{name}, {method}", [
            ask(who, method, target + query, condition | (
                {"x-amz-object-attributes": "ETag,ObjectSize"}
                if query == "?attributes" else {}))
            for target in TARGETS for query in QUERIES
            if query != "?attributes" or method == "GET"
            for condition in (CONDITIONS if query == "" else [{}])])
    one_answer(f"{name}, listings", [
        ask(who, "GET", target.rsplit("/", 1)[0] + query)
        for target in TARGETS[:3] + TARGETS[4:] for query in LISTINGS])
    if who is not None:
        one_answer(f"{name}, presigned", [
            ask(who, "GET", target, presigned=True) for target in TARGETS])

# ---- what an answer tells of the raw file -----------------------------------


def digests(data):
    """Every way in which the raw bytes could show themselves."""
    crc = zlib.crc32(data)
    found = {str(len(data)), f"{len(data):x}", str(crc)}
    for digest in (hashlib.md5(data).digest(), hashlib.sha1(data).digest(),
                   hashlib.sha256(data).digest(), crc.to_bytes(4, "big"),
                   crc.to_bytes(4, "little"),
                   zlib.adler32(data).to_bytes(4, "big")):
        found |= {digest.hex(), base64.b64encode(digest).decode(),
                  base64.urlsafe_b64encode(digest).decode()}
    return {f.lower() for f in found}


def words(answer):
    """Each value of a header, and of the XML, and what it is made of."""
    head, _, body = answer.partition(b"\r\n\r\n")
    texts = [line.partition(": ")[2]
             for line in head.decode("latin-1").split("\r\n")[1:]]
    if b"application/xml" in head:
        texts += re.findall(r">([^<]+)<", body.decode())
    for text in texts:
        yield from {text.lower(), text.strip('"').lower(),
                    *re.split(r"[^0-9a-zA-Z+/=_-]+", text.lower()),
                    *re.split(r"[^0-9a-zA-Z+/=_]+", text.lower())}


trainer = identity("TRAIN01")
names = sorted(n for n in os.listdir(raw_folder) if n.startswith("o-"))
told, statuses = [], set()
listing = ask(trainer, "GET", "/train?list-type=2") + \
    ask(trainer, "GET", "/train?versions")
listed = set(words(listing))
for name in names:
    with open(f"{raw_folder}/{name}", "rb") as file:
        secret = digests(file.read())
    answers = [ask(trainer, "HEAD", f"/train/{name}"),
               ask(trainer, "GET", f"/train/{name}",
                   {"x-amz-checksum-mode": "ENABLED"}),
               ask(trainer, "GET", f"/train/{name}?attributes", {
                   "x-amz-object-attributes": "ETag,Checksum,ObjectSize"})]
    statuses |= {a[9:12] for a in answers}
    told += [(name, hit) for a in answers for hit in secret & set(words(a))]
    told += [(name, hit) for hit in secret & listed]
point(f"of {len(names)} objects no header and no listing is a digest or the "
      "size of the raw file", not told and statuses == {b"200"} and
      len(names) >= 30 and b"o-0.csv" in listing, (told, statuses))


def etag(answer):
    return re.search(rb"(?mi)^etag: (.*)\r$", answer).group(1)


first, second = (ask(trainer, "HEAD", f"/{bucket}/o-0.csv")
                 for bucket in ("train", "second"))
point("two agreements over one file have two ETags",
      etag(first) != etag(second), (first, second))
same = ask(trainer, "HEAD", "/train/same.csv")
point("two files of the same bytes have two ETags",
      etag(same) != etag(first), (same, first))

# ---- text that would be two lines -------------------------------------------

POISON = ['\r\nforged role=keeper why="x"', '\x1b[2J\x1b[31mforged',
          '\u202egnp.forged', '\n{"kind":"forged"}', '\x00forged', '\x85forged',
          '" forged="x', "\u2028forged"]
answers = []
for text in POISON:
    code = urllib.parse.quote(text, safe="")
    for target in (f"/train/{code}", f"/{code}/a.csv", f"/train?prefix={code}",
                   f"/train?list-type=2&start-after={code}",
                   f"/train/a.csv?versionId={code}",
                   f"/train?list-type=2&continuation-token={code}",
                   f"/train/a.csv?response-content-type={code}",
                   f"/pilot/{code}", f"/fraud/{code}"):
        answers.append(ask(trainer, "GET", target))
        answers.append(ask(None, "GET", target))
    # As much of it as a header may carry, and what it may not.
    for value in (text, re.sub(r"[\x00-\x1f]", "", text)):
        for header in ("User-Agent", "Referer", "Authorization", "Range",
                       "x-amz-date", "traceparent", "If-Match",
                       "x-amz-security-token"):
            answers.append(ask(None, "GET", "/train/a.csv", {header: value}))
        answers.append(ask(identity("TRAIN01", "x"), "GET", "/train/a.csv",
                           {"x-amz-poison": value}))
split = [a for a in answers
         if re.search(rb"(?m)^(forged|\{\"kind)", a.partition(b"\r\n\r\n")[0])
         or framing.statuses(a)[1:]]
point(f"{len(answers)} requests with poison: no header of theirs in an answer",
      not split, split[:2])
