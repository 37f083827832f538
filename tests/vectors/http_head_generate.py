#!/usr/bin/python3
"""Writes http_head.txt: heads that must be refused, and some that must not.

usage: http_head_generate.py > http_head.txt

Our own corpus. Each malformed head is a valid one with one fault, named by
the case; Status is what the client is told before the connection closes, 0
means accepted. The bytes are hex.
"""
import itertools

GOOD = b"GET /b/k HTTP/1.1\r\nHost: gate\r\n"
seen = set()


def case(name, status, head):
    assert name not in seen, name
    seen.add(name)
    print(f"Name = {name}\nStatus = {status}\nHead = {head.hex()}\n")


def headers(name, status, *lines, start=GOOD):
    case(name, status, start + b"".join(l + b"\r\n" for l in lines) + b"\r\n")


def line(name, status, first):
    case(name, status, first + b"\r\nHost: gate\r\n\r\n")


print("# Written by http_head_generate.py.\n")

# --- accepted ---------------------------------------------------------------
headers("ok-plain", 0)
headers("ok-empty-value", 0, b"X-A:")
headers("ok-blanks-around-value", 0, b"X-A: \t v \t ")
headers("ok-tab-in-value", 0, b"X-A: a\tb")
headers("ok-obs-text", 0, "X-A: \u00fc".encode())
headers("ok-length-zero", 0, b"Content-Length: 0")
headers("ok-accept-twice", 0, b"Accept: a", b"Accept: b")
headers("ok-expect", 0, b"Expect: 100-continue")
headers("ok-range", 0, b"Range: bytes=0-1", b"If-Match: \"x\"")
headers("ok-put-length", 0, b"Content-Length: 5",
        start=b"PUT /b/k HTTP/1.1\r\nHost: gate\r\n")
headers("ok-put-chunked", 0, b"Transfer-Encoding: chunked",
        start=b"PUT /b/k HTTP/1.1\r\nHost: gate\r\n")
headers("ok-64-headers", 0, *[b"X-%d: v" % i for i in range(63)])
line("ok-query", 0, b"GET /b?list-type=2&prefix=a%20b/ HTTP/1.1")
line("ok-http-1.0", 0, b"GET / HTTP/1.0")
line("ok-head", 0, b"HEAD /b/k HTTP/1.1")
line("ok-absolute", 0, b"GET https://gate/b/k HTTP/1.1")
line("ok-absolute-case", 0, b"GET HTTPS://GATE/b/k HTTP/1.1")
line("ok-longest-target", 0, b"GET /" + b"k" * 4095 + b" HTTP/1.1")
case("ok-host-port", 0, b"GET / HTTP/1.1\r\nHost: gate.example:8443\r\n\r\n")
case("ok-host-ipv6", 0, b"GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n")
case("ok-host-case", 0, b"GET / HTTP/1.1\r\nhOsT:gate\r\n\r\n")

# --- the request line -------------------------------------------------------
line("line-empty-first", 400, b"\r\nGET / HTTP/1.1")
line("line-lf-first", 400, b"\nGET / HTTP/1.1")
line("line-blank-first", 400, b" GET / HTTP/1.1")
line("line-two-blanks-1", 400, b"GET  / HTTP/1.1")
line("line-two-blanks-2", 400, b"GET /  HTTP/1.1")
line("line-tab-1", 400, b"GET\t/ HTTP/1.1")
line("line-tab-2", 400, b"GET /\tHTTP/1.1")
line("line-trailing-blank", 400, b"GET / HTTP/1.1 ")
line("line-trailing-word", 400, b"GET / HTTP/1.1 x")
line("line-no-target", 400, b"GET HTTP/1.1")
line("line-empty-target", 400, b"GET  HTTP/1.1")
line("line-blank-in-target", 400, b"GET /a b HTTP/1.1")
line("http-0.9", 400, b"GET /")
line("http-0.9-blank", 400, b"GET / ")
for version in (b"HTTP/2.0", b"HTTP/2", b"HTTP/3.0", b"HTTP/0.9", b"HTTP/1.2",
                b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1,1", b"HTTP/1.", b"HTTP/",
                b"http/1.1", b"Http/1.1", b"HTTP/-1.1", b"HTTP/1.1.1",
                b"HTTPS/1.1", b"RTSP/1.0", b"ICE/1.0", b"HTTP 1.1", b"1.1",
                b"HTTP/1.1;", b"HTTP/1.1,", b"xHTTP/1.1"):
    line("version-" + version.decode().replace("/", "_").replace(" ", "_"),
         505 if version in (b"HTTP/2.0", b"HTTP/3.0", b"HTTP/0.9", b"HTTP/1.2")
         else 400, b"GET / " + version)
for method in (b"get", b"Get", b"GETX", b"TRACE", b"CONNECT", b"PROPFIND",
               b"M-SEARCH", b"PRI", b"SOURCE", b"LINK", b"G=T", b"GET,",
               b"DESCRIBE", b"\"GET\"", b"G", b"GET:", b"QUERY"):
    line("method-" + method.hex(), 501, method + b" / HTTP/1.1")
line("method-empty", 400, b" / HTTP/1.1")
case("preface-h2", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
for code in itertools.chain(range(0, 0x20), (0x7f, 0x80, 0xc3, 0xff)):
    if code in (0x0d,):
        continue
    line("target-byte-%02x" % code, 400,
         b"GET /a" + bytes([code]) + b"b HTTP/1.1")
for mark in b"#\"<>\\^`{|}[]":
    line("target-mark-%02x" % mark, 400,
         b"GET /a" + bytes([mark]) + b"b HTTP/1.1")
line("target-cr", 400, b"GET /a\rb HTTP/1.1")
line("target-asterisk", 400, b"OPTIONS * HTTP/1.1")
line("target-authority", 400, b"GET gate:443 HTTP/1.1")
line("target-relative", 400, b"GET b/k HTTP/1.1")
line("target-absolute-http", 400, b"GET http://gate/b/k HTTP/1.1")
line("target-absolute-other", 400, b"GET https://evil/b/k HTTP/1.1")
line("target-absolute-user", 400, b"GET https://a@gate/b/k HTTP/1.1")
line("target-absolute-port", 400, b"GET https://gate:1/b/k HTTP/1.1")
line("target-absolute-bare", 400, b"GET https://gate HTTP/1.1")
line("target-absolute-query", 400, b"GET https://gate?x HTTP/1.1")
line("target-file", 400, b"GET file:///etc/passwd HTTP/1.1")
line("target-too-long", 414, b"GET /" + b"k" * 4096 + b" HTTP/1.1")
case("target-endless", 414, b"GET /" + b"k" * 9000)

# --- lines and their ends ---------------------------------------------------
case("bare-lf-line", 400, b"GET / HTTP/1.1\nHost: gate\r\n\r\n")
case("bare-lf-header", 400, b"GET / HTTP/1.1\r\nHost: gate\n\r\n")
case("bare-lf-end", 400, b"GET / HTTP/1.1\r\nHost: gate\r\n\n")
case("bare-lf-all", 400, b"GET / HTTP/1.1\nHost: gate\n\n")
case("bare-cr-line", 400, b"GET / HTTP/1.1\rHost: gate\r\n\r\n")
case("bare-cr-header", 400, b"GET / HTTP/1.1\r\nHost: gate\rX: y\r\n\r\n")
case("bare-cr-end", 400, b"GET / HTTP/1.1\r\nHost: gate\r\n\rX")
case("cr-cr-lf", 400, b"GET / HTTP/1.1\r\r\nHost: gate\r\n\r\n")
case("cr-cr-lf-header", 400, b"GET / HTTP/1.1\r\nHost: gate\r\r\n\r\n")
case("lf-cr", 400, b"GET / HTTP/1.1\n\rHost: gate\n\r\n\r")
headers("fold-blank", 400, b"X-A: a", b" b")
headers("fold-tab", 400, b"X-A: a", b"\tb")
headers("fold-empty", 400, b"X-A: a", b" ")
headers("fold-host", 400, b"Host:", b" gate",
        start=b"GET / HTTP/1.1\r\n")
headers("fold-te", 400, b"Transfer-Encoding:", b" chunked")
headers("fold-first", 400, b" X: y", start=b"GET / HTTP/1.1\r\n")

# --- names and values -------------------------------------------------------
for code in itertools.chain(range(0, 0x21), b"\"(),/;<=>?@[\\]{}",
                            (0x7f, 0x80, 0xff)):
    if code in (0x0d, 0x0a):
        continue
    headers("name-byte-%02x" % code, 400, b"X" + bytes([code]) + b"A: v")
headers("name-empty", 400, b": v")
headers("name-no-colon", 400, b"Xabc")
headers("name-blank-colon", 400, b"X-A : v")
headers("name-tab-colon", 400, b"X-A\t: v")
headers("name-blank-te", 400, b"Transfer-Encoding : chunked")
headers("name-blank-host", 400, b"Host : gate", start=b"GET / HTTP/1.1\r\n")
headers("name-utf8", 400, "X-\u00fc: v".encode())
for code in range(0, 0x20):
    if code in (0x09, 0x0d):
        continue
    headers("value-byte-%02x" % code, 400, b"X-A: a" + bytes([code]) + b"b")
headers("value-byte-7f", 400, b"X-A: a\x7fb")
headers("value-nul-end", 400, b"X-A: a\x00")
headers("headers-65", 431, *[b"X-%d: v" % i for i in range(64)])
headers("head-too-big", 431, b"X-A: " + b"v" * 17000)
headers("head-too-big-lines", 431,
        *[b"X-%d: " % i + b"v" * 600 for i in range(60)])
case("header-endless", 431, GOOD + b"X-A: " + b"v" * 20000)
case("name-endless", 431, GOOD + b"X" * 20000)

# --- Host -------------------------------------------------------------------
BARE = b"GET / HTTP/1.1\r\n"
headers("host-none", 400, b"X-A: v", start=BARE)
headers("host-none-at-all", 400, start=BARE)
headers("host-none-1.0", 400, b"X-A: v", start=b"GET / HTTP/1.0\r\n")
headers("host-empty", 400, b"Host:", start=BARE)
headers("host-blank", 400, b"Host:  ", start=BARE)
headers("host-twice", 400, b"Host: gate", b"Host: gate", start=BARE)
headers("host-twice-differs", 400, b"Host: gate", b"Host: evil", start=BARE)
headers("host-twice-case", 400, b"Host: gate", b"hOST: gate", start=BARE)
for value in (b"a b", b"a,b", b"a/b", b"a@b", b"a?b", b"a#b", b"a;b", b"a\\b",
              b"a%41", b"http://a", "\u00fc".encode(), b"a" * 256, b"a\tb"):
    headers("host-" + value.hex()[:24], 400, b"Host: " + value, start=BARE)

# --- framing ----------------------------------------------------------------
PUT = b"PUT /b/k HTTP/1.1\r\nHost: gate\r\n"
for value in (b"-1", b"+4", b"0x4", b"4.0", b"4,4", b"4, 4", b"4 4", b"", b" ",
              b"a", b"4a", b"04", b"00", b"1e3", b"9" * 20, b"9" * 40,
              b"18446744073709551616", b"\"4\"", b"4;", b"\x0b4"):
    headers("length-" + value.hex()[:24] + "-%d" % len(value), 400, b"Content-Length: " + value,
            start=PUT)
headers("length-twice", 400, b"Content-Length: 4", b"Content-Length: 4",
        start=PUT)
headers("length-twice-differs", 400, b"Content-Length: 4",
        b"Content-Length: 5", start=PUT)
headers("length-zero-twice", 400, b"Content-Length: 0", b"Content-Length: 0")
headers("length-on-get", 400, b"Content-Length: 1")
headers("length-on-head", 400, b"Content-Length: 1",
        start=b"HEAD / HTTP/1.1\r\nHost: gate\r\n")
for value in (b"", b"identity", b"gzip", b"gzip, chunked", b"chunked, chunked",
              b"chunked, identity", b"chunked;q=1", b"xchunked", b"chunkedx",
              b"\x0bchunked", b"\"chunked\"", b"chunked,", b",chunked",
              b"chunk", b"chun ked"):
    headers("coding-" + value.hex(), 400, b"Transfer-Encoding: " + value,
            start=PUT)
headers("coding-and-length", 400, b"Transfer-Encoding: chunked",
        b"Content-Length: 4", start=PUT)
headers("length-and-coding", 400, b"Content-Length: 4",
        b"Transfer-Encoding: chunked", start=PUT)
headers("length-zero-and-coding", 400, b"Content-Length: 0",
        b"Transfer-Encoding: chunked", start=PUT)
headers("length-and-odd-coding", 400, b"Content-Length: 4",
        b"Transfer-Encoding: xchunked", start=PUT)
headers("coding-twice", 400, b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked", start=PUT)
headers("coding-twice-differs", 400, b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: identity", start=PUT)
headers("coding-1.0", 400, b"Transfer-Encoding: chunked",
        start=b"PUT /b/k HTTP/1.0\r\nHost: gate\r\n")
headers("coding-on-get", 400, b"Transfer-Encoding: chunked")

# --- other protocols, repeated headers, expectations ------------------------
headers("upgrade-h2c", 400, b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
headers("upgrade-websocket", 400, b"Connection: Upgrade",
        b"Upgrade: websocket")
headers("upgrade-alone", 400, b"Upgrade: h2c")
headers("settings-alone", 400, b"HTTP2-Settings: AAMAAABk")
for name in (b"Authorization", b"Range", b"If-Match", b"If-None-Match",
             b"If-Modified-Since", b"If-Unmodified-Since", b"If-Range",
             b"Expect", b"TE", b"Content-Type"):
    headers("twice-" + name.decode().lower(), 400, name + b": 100-continue",
            name.lower() + b": 100-continue")
headers("expect-other", 417, b"Expect: 200-ok")
headers("expect-empty", 417, b"Expect:")
headers("expect-list", 417, b"Expect: 100-continue, x")
