#!/usr/bin/python3
"""Writes the vectors of unit_sigv4.c and unit_s3_presigned.c.

usage: sigv4_generate.py SUITE > sigv4.txt
       sigv4_generate.py --query SUITE > sigv4_query.txt

SUITE is tests/aws-signing-test-suite/v4 of awslabs/aws-c-auth (Apache-2.0).
Its cases follow the generic path rule; where S3's rule (each segment encoded
once, nothing normalised) gives another canonical request, the signature is
computed here, from the suite's own inputs. The second half is what botocore
signs when its S3 client is asked for awkward keys and prefixes.
"""
import hashlib
import hmac
import json
import os
import sys
import urllib.parse

import botocore.compat

botocore.compat.HAS_CRT = False  # botocore's own signer, in Python
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.session

EMPTY = hashlib.sha256(b"").hexdigest()


def signature(secret, time, region, service, canonical):
    scope = "/".join([time[:8], region, service, "aws4_request"])
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope,
                      hashlib.sha256(canonical).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (time[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def emit(name, values):
    print(f"Name = {name}")
    for key, value in values:
        if isinstance(value, bytes):
            value = value.hex()
        print(f"{key} = {value}")
    print()


def s3_path(raw):
    return "/".join(
        urllib.parse.quote(urllib.parse.unquote_to_bytes(s), safe="-_.~")
        for s in raw.split(b"/")).encode()


def suite_case(folder):
    def read(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    context = json.loads(read("context.json"))
    head, _, body = read("header-signed-request.txt").partition(b"\n\n")
    lines = head.rstrip(b"\n").split(b"\n")
    method, _, rest = lines[0].partition(b" ")
    target = rest.rpartition(b" ")[0]
    headers, authorization, folded = [], None, False
    for line in lines[1:]:
        if line[:1] in b" \t":
            headers[-1][1] += b"\n" + line
            folded = True
            continue
        name, _, value = line.partition(b":")
        if name == b"Authorization":
            authorization = value.strip().decode()
        else:
            headers.append([name, value])
    names = [n.lower() for n, _ in headers]
    canonical = read("header-canonical-request.txt")
    published = canonical.split(b"\n")
    ours = published[:]
    ours[1] = s3_path(target.partition(b"?")[0])
    expect = "published"
    if folded or len(set(names)) != len(names):
        expect = "refused"
    elif ours != published:
        expect = "s3-rule"
        canonical = b"\n".join(ours)
        stem = authorization.rpartition("=")[0]
        time = context["timestamp"].replace("-", "").replace(":", "")
        authorization = stem + "=" + signature(
            context["credentials"]["secret_access_key"], time,
            context["region"], context["service"], canonical)
    # Some cases carry headers that the suite does not sign.
    signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    sent = [("Header", n + b":" + v) for n, v in headers
            if n.lower().decode() in signed]
    payload = canonical.rsplit(b"\n", 1)[1].decode()
    emit(os.path.basename(folder), [
        ("Expect", expect),
        ("Secret", context["credentials"]["secret_access_key"]),
        ("Region", context["region"]),
        ("Service", context["service"]),
        ("Method", method.decode()),
        ("Target", target),
        *sent,
        ("Payload", payload),
        ("Authorization", authorization),
        ("Canonical", canonical)])


KEYS = ["train/part-0000.csv", "a b/c+d=e&f", "~tilde-_.!*'()", "100%.csv",
        "%41%2fencoded", "plus+and space", "quote\"and'apos", "semi;colon,comma",
        "at@dollar$", "braces{}[]|\\^`", "hash#question?", "ümläut/日本語.csv",
        "\U0001f512/lock", "deep/" * 20 + "leaf", "x" * 1000, "a:b", "..data",
        "trailing.", "<tag>&amp;", "tab-free", "e\u0301", "=", "&", "a//b"]


def botocore_cases():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    session = botocore.session.get_session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", secret)
    original = botocore.auth.SigV4Auth.canonical_request
    canonicals = []

    def spy(self, request):
        canonicals.append(original(self, request))
        return canonicals[-1]

    botocore.auth.SigV4Auth.canonical_request = spy
    client = session.create_client(
        "s3", region_name="eu-central-1",
        endpoint_url="https://gate.example:8443",
        config=botocore.config.Config(s3={"addressing_style": "path"}))
    seen = []

    def capture(request, **_):
        seen.append(request)
        response = botocore.awsrequest.AWSResponse(
            request.url, 404, {}, type("r", (), {
                "stream": lambda *a, **k: iter(()), "read": lambda *a: b""})())
        return response

    client.meta.events.register("before-send.s3", capture)

    def call(name, operation, **arguments):
        seen.clear()
        try:
            getattr(client, operation)(**arguments)
        except Exception:
            pass  # the captured answer is a 404
        request = seen[0]
        url = urllib.parse.urlsplit(request.url)
        target = url.path + ("?" + url.query if url.query else "")
        headers = {k.lower(): v if isinstance(v, str) else v.decode()
                   for k, v in request.headers.items()}
        headers["host"] = url.netloc
        authorization = headers.pop("authorization")
        emit("botocore-" + name, [
            ("Expect", "s3"), ("Secret", secret), ("Region", "eu-central-1"),
            ("Service", "s3"), ("Method", request.method),
            ("Target", target.encode()),
            *[("Header", f"{k}:{v}".encode())
              for k, v in sorted(headers.items())
              if k == "host" or k.startswith("x-amz-")],
            ("Payload", headers["x-amz-content-sha256"]),
            ("Authorization", authorization),
            ("Canonical", canonicals[-1].encode())])

    for i, key in enumerate(KEYS):
        call(f"get-{i}", "get_object", Bucket="gate-bucket", Key=key)
        call(f"list-{i}", "list_objects_v2", Bucket="gate-bucket", Prefix=key,
             Delimiter="/", StartAfter=key, MaxKeys=i)
    call("head", "head_object", Bucket="gate-bucket", Key="k", PartNumber=1)
    call("head-bucket", "head_bucket", Bucket="gate-bucket")
    call("location", "get_bucket_location", Bucket="gate-bucket")
    call("buckets", "list_buckets")
    call("v1", "list_objects", Bucket="gate-bucket", Marker="a b/+", Prefix="a")
    call("token", "list_objects_v2", Bucket="gate-bucket",
         ContinuationToken="ab-_+/==", FetchOwner=True)


# ---- signatures in the query ------------------------------------------------


def suite_query_case(folder):
    def read(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    context = json.loads(read("context.json"))
    lines = read("query-signed-request.txt").partition(b"\n\n")[0].split(b"\n")
    method, _, rest = lines[0].partition(b" ")
    target = rest.rpartition(b" ")[0]
    canonical = read("query-canonical-request.txt")
    published = canonical.split(b"\n")
    signed = published[-2].decode().split(";")
    headers = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            headers[-1] += b"\n" + line
        elif line.partition(b":")[0].lower().decode() in signed:
            headers.append(line)
    names = [line.partition(b":")[0].lower() for line in headers]
    # The suite sorts by the text of a whole parameter, and keeps doubles.
    params = [p.partition(b"=")[0] for p in published[2].split(b"&")]
    ours = published[:]
    ours[1] = s3_path(target.partition(b"?")[0])
    expect = "published"
    if b"X-Amz-Security-Token" in target:
        expect = "token"
    elif b"\n" in b"".join(headers) or len(set(names)) != len(names) or \
            len(set(params)) != len(params):
        expect = "refused"
    elif ours != published:
        expect = "s3-rule"
        canonical = b"\n".join(ours)
        time = context["timestamp"].replace("-", "").replace(":", "")
        target = target[:-64] + signature(
            context["credentials"]["secret_access_key"], time,
            context["region"], context["service"], canonical).encode()
    emit(os.path.basename(folder), [
        ("Expect", expect),
        ("Secret", context["credentials"]["secret_access_key"]),
        ("Region", context["region"]),
        ("Service", context["service"]),
        ("Method", method.decode()),
        ("Target", target),
        *[("Header", line) for line in headers],
        ("Payload", canonical.rsplit(b"\n", 1)[1].decode()),
        ("Canonical", canonical)])


def botocore_query_cases():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    session = botocore.session.get_session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", secret)
    original = botocore.auth.S3SigV4QueryAuth.canonical_request
    canonicals = []

    def spy(self, request):
        canonicals.append(original(self, request))
        return canonicals[-1]

    botocore.auth.S3SigV4QueryAuth.canonical_request = spy
    client = session.create_client(
        "s3", region_name="eu-central-1",
        endpoint_url="https://gate.example:8443",
        config=botocore.config.Config(signature_version="s3v4",
                                      s3={"addressing_style": "path"}))

    def call(name, operation, expires=3600, **arguments):
        url = urllib.parse.urlsplit(client.generate_presigned_url(
            operation, Params=arguments, ExpiresIn=expires))
        emit("botocore-" + name, [
            ("Expect", "s3"), ("Secret", secret), ("Region", "eu-central-1"),
            ("Service", "s3"),
            ("Method", "HEAD" if operation.startswith("head") else "GET"),
            ("Target", (url.path + "?" + url.query).encode()),
            ("Header", f"host:{url.netloc}".encode()),
            ("Payload", "UNSIGNED-PAYLOAD"),
            ("Canonical", canonicals[-1].encode())])

    for i, key in enumerate(KEYS):
        call(f"get-{i}", "get_object", Bucket="gate-bucket", Key=key)
    call("head", "head_object", Bucket="gate-bucket", Key="k", PartNumber=1)
    call("list", "list_objects_v2", Bucket="gate-bucket", Prefix="a b/+")
    call("short", "get_object", expires=1, Bucket="gate-bucket", Key="k")
    call("week", "get_object", expires=604800, Bucket="gate-bucket", Key="k")
    call("overrides", "get_object", Bucket="gate-bucket", Key="k",
         ResponseContentDisposition='attachment; filename="a b+c.csv"',
         ResponseContentType="text/csv; charset=utf-8",
         ResponseCacheControl="no-cache", ResponseContentLanguage="de, en",
         ResponseContentEncoding="identity")


def main():
    query = sys.argv[1] == "--query"
    suite = sys.argv[-1]
    print("# Written by sigv4_generate.py; see there for the sources.")
    print("# Target, Header and Canonical are hex.\n")
    for name in sorted(os.listdir(suite)):
        folder = os.path.join(suite, name)
        suite_query_case(folder) if query else suite_case(folder)
    botocore_query_cases() if query else botocore_cases()


main()
