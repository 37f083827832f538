#!/usr/bin/python3
"""A client whose every part a test can bend.

    s3client.py [OPTIONS] METHOD URL        one request; prints the status

Debian's botocore signs, so that our verifier is not tested by our own idea of
SigV4. The connection is ours, so that a test can choose the source address,
the client certificate, the clock and the bytes. Also a module: Client.
"""
import argparse
import datetime
import http.client
import socket
import ssl
import sys
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials


class Client:
    """One identity. Every request opens a connection, unless `keep` is set."""

    def __init__(self, url, ca, key=None, secret=None, region="eu-central-1",
                 source=None, cert=None, cert_key=None, keep=False,
                 timeout=60, window=0):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.key, self.secret, self.region = key, secret, region
        self.source, self.keep, self.timeout = source, keep, timeout
        self.window = window
        self.tls = ssl.create_default_context(cafile=ca)
        if cert:
            self.tls.load_cert_chain(cert, cert_key)
        self.connection = None

    def sign(self, method, path, headers, skew=0):
        """The headers that botocore would send `skew` seconds from now."""
        url = f"https://{self.host}:{self.port}{path}"
        request = botocore.awsrequest.AWSRequest(method, url, headers=headers)
        request.context["payload_signing_enabled"] = False
        signer = botocore.auth.S3SigV4Auth(
            botocore.credentials.Credentials(self.key, self.secret),
            "s3", self.region)
        real = botocore.auth.datetime

        class Shifted(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return datetime.datetime.utcnow() + \
                    datetime.timedelta(seconds=skew)

        class Module:
            datetime = Shifted

        botocore.auth.datetime = Module if skew else real
        try:
            signer.add_auth(request)
        finally:
            botocore.auth.datetime = real
        return dict(request.headers.items())

    def connect(self):
        address = (self.source, 0) if self.source else None
        connection = http.client.HTTPSConnection(
            self.host, self.port, context=self.tls, timeout=self.timeout,
            source_address=address)
        if self.window:
            connection._create_connection = self.narrow
        return connection

    def narrow(self, address, timeout, source):
        """A receive buffer so small that the server has to wait for us."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.window)
        sock.settimeout(timeout)
        if source:
            sock.bind(source)
        sock.connect(address)
        return sock

    def open(self, method, path, headers=None, skew=0):
        """Sends; returns the response, its body not read yet."""
        headers = dict(headers or {})
        if self.key:
            headers = self.sign(method, path, headers, skew)
        if self.connection is None or not self.keep:
            self.close()
            self.connection = self.connect()
        self.connection.request(method, path, headers=headers)
        return self.connection.getresponse()

    def fetch(self, method, path, headers=None, skew=0):
        """Sends and reads; returns status, headers (lower case), body."""
        response = self.open(method, path, headers, skew)
        body = response.read()
        names = {k.lower(): v for k, v in response.getheaders()}
        return response.status, names, body

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca", required=True)
    parser.add_argument("--key")
    parser.add_argument("--secret-file")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--source")
    parser.add_argument("--cert")
    parser.add_argument("--cert-key")
    parser.add_argument("--skew", type=int, default=0)
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--output", default="/dev/null")
    parser.add_argument("--dump-head")
    parser.add_argument("method")
    parser.add_argument("url")
    args = parser.parse_args()
    secret = None
    if args.secret_file:
        with open(args.secret_file, encoding="ascii") as file:
            secret = file.read().strip()
    client = Client(args.url, args.ca, args.key, secret, args.region,
                    args.source, args.cert, args.cert_key)
    parts = urllib.parse.urlsplit(args.url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    headers = dict(line.split(": ", 1) for line in args.header)
    try:
        response = client.open(args.method, path, headers, args.skew)
        with open(args.output, "wb") as out:
            while block := response.read(65536):
                out.write(block)
    except (OSError, http.client.HTTPException) as error:
        print("broken", type(error).__name__)
        return 1
    if args.dump_head:
        with open(args.dump_head, "w", encoding="utf-8") as out:
            for name, value in response.getheaders():
                out.write(f"{name.lower()}: {value}\n")
    print(response.status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
