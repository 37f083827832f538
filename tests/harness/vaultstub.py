#!/usr/bin/python3
"""What a server that is no good Vault may answer; of Transit it does nothing.

vaultstub.py FOLDER CERTIFICATE KEY: writes FOLDER/stub-port when it listens,
and answers each POST as the path of its mount says, e.g. /v1/cut/decrypt/KEY.
A request that is not as our client makes it is answered 418.
"""
import http.server
import os
import ssl
import sys

ANSWERS = {
    "forbidden": (403, b'{"errors":["permission denied"]}'),
    "missing": (404, b'{"errors":["no handler for route"]}'),
    "refused": (400, b'{"errors":["encryption key not found"]}'),
    "sealed": (503, b'{"errors":["Vault is sealed"]}'),
    "failed": (500, b'{"errors":["internal error"]}'),
    "empty": (200, b""),
    "page": (200, b"<html>log in</html>"),
    "other": (200, b'{"data":{"ciphertext":7,"plaintext":{}}}'),
    "strange": (200, b'{"data":{"ciphertext":"vault:v0:QQ==",'
                     b'"plaintext":"QQ=="}}'),
    "long": (200, b'{"data":{"ciphertext":"' + b"A" * 100000 + b'"}}'),
    "moved": (307, b""),
    "cut": (200, b'{"data":{"ciphertext":"vault:v1:QUJD'),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        mount = self.path.split("/")[2]
        status, body = ANSWERS[mount]
        if (self.headers["X-Vault-Token"] != "s.token" or
                self.headers["X-Vault-Request"] != "true" or
                self.headers["X-Vault-Namespace"] != "team/one"):
            status, body = 418, b""
        self.send_response(status)
        if mount == "moved":
            self.send_header("Location", f"https://{self.headers['Host']}"
                             f"{self.path.replace('moved', 'strange')}")
        missing = 40 if mount == "cut" else 0
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args):
        print("asked", self.path, flush=True)


folder, certificate, key = sys.argv[1:4]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True,
                                    do_handshake_on_connect=False)
with open(f"{folder}/stub-port.new", "w", encoding="ascii") as file:
    file.write(str(server.server_address[1]))
os.rename(f"{folder}/stub-port.new", f"{folder}/stub-port")
server.serve_forever()
