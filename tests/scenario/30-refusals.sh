#!/bin/bash
# Whoever may not, gets the code that clients know; a party gets the sentence;
# an outsider learns nothing, byte for byte.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up

# denied NAME STATUS CODE: of the last request.
denied() {
	is "$1: status" "$status" "$2"
	has "$1: $3" "$body" "<Code>$3</Code>"
	ok "$1: the request id is in body and head" grep -q \
	    "<RequestId>$(sed -n 's/^x-amz-request-id: //p' "$head")</RequestId>" \
	    "$body"
}

# ---- parties get the sentence ----------------------------------------------

gw TRAIN01 GET /pilot/a.csv
denied "an agreement that is over" 403 AccessDenied
has "says since when" "$head" '^x-gatehouse-reason: .*2026-01-31'
has "in the body too" "$body" '2026-01-31'
gw TRAIN01 GET /train/a.csv --source 127.9.0.1
denied "a foreign place" 403 AccessDenied
has "says so" "$head" '^x-gatehouse-reason: .*place'
# Where somebody is, his connection says, and no header.
for name in X-Forwarded-For X-Real-IP Forwarded True-Client-IP; do
	value=127.0.0.1
	[ $name != Forwarded ] || value=for=127.0.0.1
	gw TRAIN01 GET /train/a.csv --source 127.9.0.1 --header "$name: $value"
	is "a place that $name claims" "$status" 403
done
gw BANK01 GET /overseas/cards.csv
denied "the guardrail" 403 AccessDenied
has "names its rule" "$head" '^x-gatehouse-reason: .*bank-stays-in-eea'
is "and it is in the ledger" "$(gw_records | grep -c \
    '"kind": "denied".*bank-stays-in-eea')" 1
gw GPU01 GET /sealed/a.csv.age
denied "a key without its certificate" 403 AccessDenied

# ---- what clients know -----------------------------------------------------

gw TRAIN01 GET /train/a.csv --skew -1200
denied "twenty minutes behind" 403 RequestTimeTooSkewed
gw TRAIN01 GET /train/a.csv --skew 1200
denied "twenty minutes ahead" 403 RequestTimeTooSkewed
gw TRAIN01 GET /train/a.csv --skew -600
is "ten minutes behind is served" "$status" 200
echo wrong-secret-wrong-secret-wrong-secret >"$gw_top/wrong"
gw TRAIN01 GET /train/a.csv --secret-file "$gw_top/wrong"
denied "a wrong secret" 403 SignatureDoesNotMatch
gw TRAIN01 GET /train/a.csv --region us-east-1
is "another region" "$status" 400
has "names ours" "$body" '<Region>eu-central-1</Region>'
gw TRAIN01 PUT /train/a.csv
ok "PUT is refused" grep -qx -e 403 -e 405 <<<"$status"
gw TRAIN01 DELETE /train/a.csv
ok "DELETE is refused" grep -qx -e 403 -e 405 <<<"$status"
gw TRAIN01 POST '/train/a.csv?uploads'
ok "POST is refused" grep -qx -e 403 -e 405 -e 501 <<<"$status"
gw TRAIN01 GET '/train?acl'
is "?acl" "$status" 501

# ---- outsiders get one answer ----------------------------------------------

# bare NAME: the last answer, without its request id, is kept as NAME. The path
# is the client's own, and comes back to it: the names here are of one length.
bare() {
	is "$1: 403" "$status" 403
	ok "$1: no reason" not grep -qiE '^x-gatehouse-reason' "$head"
	{
		grep -viE '^(date|x-amz-request-id|x-amz-id-2|x-gatehouse-record):' \
		    "$head"
		sed -E 's|<RequestId>[^<]*|<RequestId>|; s|<HostId>[^<]*||
		    s|<Resource>[^<]*||' "$body"
	} >"$gw_top/bare-$1"
}

gw TRAIN01 GET /fraud/cards.csv
bare not-a-party
gw TRAIN01 GET /fraud/crads.csv
bare not-a-party-no-key
gw TRAIN01 GET /xraud/cards.csv
bare no-bucket
gw TRAIN01 GET /fraud
bare list-not-a-party
gw TRAIN01 GET /xraud
bare list-no-bucket
gw - GET /train/a.csv
bare anonymous
gw - GET /xrain/a.csv
bare anonymous-no-bucket
gw STRANGER1 GET /train/a.csv
bare unknown-key
gw STRANGER1 GET /xrain/a.csv
bare unknown-key-no-bucket
for pair in not-a-party:not-a-party-no-key not-a-party:no-bucket \
    list-not-a-party:list-no-bucket anonymous:anonymous-no-bucket \
    unknown-key:unknown-key-no-bucket; do
	ok "the same bytes: ${pair/:/ and }" diff "$gw_top/bare-${pair%:*}" \
	    "$gw_top/bare-${pair#*:}"
done
gw TRAIN01 HEAD /fraud/cards.csv
is "HEAD of an outsider: 403" "$status" 403
is "HEAD has no body" "$(stat -c %s "$body")" 0

# ---- bytes that are not HTTP -----------------------------------------------

cat >"$gw_top/garbage.py" <<'PY'
import socket, ssl, sys
host, port, ca = "127.0.0.1", int(sys.argv[1]), sys.argv[2]
def talk(data, tls=True):
    s = socket.create_connection((host, port), timeout=15)
    if tls:
        s = ssl.create_default_context(cafile=ca).wrap_socket(
            s, server_hostname=host)
    s.sendall(data)
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except (ConnectionError, ssl.SSLError):
        pass
    s.close()
    return got
H = b"Host: localhost\r\n"
bad = {
    "noise": b"\x00\xff\x13garbage\r\n\r\n",
    "words": b"hello there, gate\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\n" + H + H + b"\r\n",
    "TE and CL": b"GET / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n"
                 b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\n" + H + b"Content-Length: 1\r\n"
                   b"Content-Length: 2\r\n\r\nab",
    "obs-fold": b"GET / HTTP/1.1\r\n" + H + b"A: b\r\n c\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\n" + H + b"A : b\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\n" + H + b"A: b\x00c\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\n" + H + b"\r\n",
}
for name, data in bad.items():
    got = talk(data + b"GET /livez HTTP/1.1\r\n" + H + b"\r\n")
    want = b"505" if name == "HTTP/2.0" else b"400"
    good = got.startswith(b"HTTP/1.1 " + want) and got.count(b"HTTP/1.1 ") == 1
    print("ok" if good else "not ok", f"{name}: {want.decode()}, and closed")
    if not good:
        print(got[:80])
got = talk(b"GET / HTTP/1.1\r\n" + H + b"A: " + b"a" * 100000 + b"\r\n\r\n")
print("ok" if got[9:12] in (b"400", b"431", b"") else "not ok",
      "a head of 100 kB is refused")
got = talk(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", tls=False)
print("ok" if not got.startswith(b"HTTP/1.1 2") else "not ok",
      "plain HTTP on the TLS port gets nothing")
PY
tap_from /usr/bin/python3 "$gw_top/garbage.py" "$stage_port" "$gw_dir/tls/ca.pem"
gw TRAIN01 GET /train/a.csv
is "and a good request is still served" "$status" 200

# ---- what the ledger says of those who did not get as far as a decision ------

stage_stop
gw_records >"$gw_top/records"
refused=$(grep -c '"kind": "refused-summary"' "$gw_top/records")
ok "refusals are one record per source and minute" \
    test "$refused" -ge 1 -a "$refused" -le 6
has "with the source's prefix" "$gw_top/records" \
    '"kind": "refused-summary".*"peer": "127\.0\.0\.0/24"'
has "and their number" "$gw_top/records" \
    '"count": [0-9]+.*"kind": "refused-summary"'
ok "the first record is the start" \
    grep -q '"kind": "start"' <(head -n 1 "$gw_top/records")
has "which says what holds the processes in" "$gw_top/records" \
    '"jail": \{"landlock": [0-9]+, "memfd-secret": (true|false), "seccomp": true'
has "the policy in force is recorded" "$gw_top/records" \
    '"kind": "policy", "policy": "[0-9a-f]{64}"'
