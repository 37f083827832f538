#!/usr/bin/python3
"""rangeserver.py CERT KEY FOLDER LOG: an HTTPS server that can misbehave.

Prints its port. /HOW/FILE serves FOLDER/FILE; HOW says what goes wrong:

    good      nothing: ranges, ETag, If-Match
    changes   the object is another one after the first request: 412
    lies      the same, but the ETag and the length do not show it
    whole     Range is ignored
    short     the object is said to end ten bytes into a range
    shifted   a range begins a byte later
    cut       half of what was announced, then the end
    signed    403 but with ?X-Amz-Signature=good
    moved, denied, later, error   302, 403 with a reason, 503, 500

LOG gets a line for each request: HOW, Range, If-Match.
"""
import http.server
import os
import ssl
import sys

cert, key, folder, log = sys.argv[1:5]
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b"", cut=False):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def do_GET(self):
        path, _, query = self.path.partition("?")
        how, name = path.strip("/").split("/")
        wanted, match = self.headers["Range"], self.headers["If-Match"]
        with open(log, "a", encoding="ascii") as out:
            out.write(f"{how} {wanted} {match}\n")
        status = {"moved": 302, "denied": 403, "later": 503, "error": 500}
        if how in status:
            self.answer(status[how], {
                "Location": "/good/" + name,
                "x-gatehouse-reason": "not \x1b[31m for you"})
            return
        if how == "signed" and query != "X-Amz-Signature=good":
            self.answer(403, {})
            return
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        etag = '"one"'
        if how in ("changes", "lies") and self.path in seen:
            data = data[:200] + bytes(len(data) - 200)
            etag = '"two"' if how == "changes" else etag
        seen.add(self.path)
        if match not in (None, etag):
            self.answer(412, {})
            return
        if wanted is None or how == "whole":
            self.answer(200, {"ETag": etag}, data, how == "cut")
            return
        first, last = (int(n) for n in wanted[len("bytes="):].split("-"))
        first += how == "shifted"
        part = data[first:last + 1]
        place = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        if how == "short":
            place = f"bytes {first}-{first + 9}/{first + 10}"
        self.answer(206, {"ETag": etag, "Content-Range": place}, part,
                    how == "cut")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(cert, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
