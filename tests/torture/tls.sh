#!/bin/bash
# tls.sh: testssl.sh and sslscan find nothing but what stands here, with the
# reason why it is so. A finding that is gone must leave the list, too.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
gw_up

# testssl.sh's name of a finding, and why it stays. Most are of the certificate
# that this test makes for itself, and not of the server.
exceptions() {
	cat <<-'LIST'
	HSTS no browser comes here by plain HTTP: there is no such port
	cert_expirationStatus the certificate of this test is for 30 days
	cert_notAfter so says this, too
	cert_revocation the CA of this test has no list to point to
	engine_problem the tool misses GOST in its OpenSSL
	security_headers no browser renders an answer of S3
	LIST
}

if command -v testssl >/dev/null; then
	testssl --quiet --color 0 --warnings off --nodns none \
	    --add-ca "$gw_dir/tls/ca.pem" --jsonfile "$gw_top/testssl.json" \
	    "127.0.0.1:$stage_port" >"$gw_top/testssl" 2>&1
	/usr/bin/python3 - "$gw_top/testssl.json" >"$gw_top/findings" <<-'PY'
	import json, sys
	with open(sys.argv[1], encoding="utf-8") as file:
	    items = json.load(file)
	for item in items:
	    if item["severity"] not in ("OK", "INFO", "DEBUG"):
	        print(item["id"], item["severity"], item["finding"])
	print("tests", len(items), file=sys.stderr)
	PY
	sed 's/^/# testssl: /' "$gw_top/findings"
	exceptions | cut -d' ' -f1 | sort >"$gw_top/known"
	cut -d' ' -f1 "$gw_top/findings" | sort -u >"$gw_top/found"
	ok "testssl.sh finds what is known, and nothing else" \
	    diff "$gw_top/known" "$gw_top/found"
	ok "and has looked at much" test "$(grep -c '"id"' \
	    "$gw_top/testssl.json")" -ge 80
else
	skip 2 "no testssl.sh here"
fi

if command -v sslscan >/dev/null; then
	sslscan --no-colour --show-certificate --xml="$gw_top/sslscan.xml" \
	    "127.0.0.1:$stage_port" >"$gw_top/sslscan" 2>&1
	grep -E '^(SSL|TLS)v|^(Preferred|Accepted)' "$gw_top/sslscan" |
	    sed 's/^/# sslscan: /'
	is "sslscan: the versions" "$(sed -nE \
	    's/^(SSL|TLS)(v[0-9.]+) +enabled.*/\1\2/p' "$gw_top/sslscan" |
	    tr '\n' ' ')" "TLSv1.2 TLSv1.3 "
	ok "sslscan: every suite has AEAD and forward secrecy" not grep -E \
	    '^(Preferred|Accepted) ' <(grep -vE \
	    ' (TLS_(AES_(128|256)_GCM|CHACHA20_POLY1305)_|ECDHE-[A-Z]+-(AES(128|256)-GCM|CHACHA20-POLY1305))' \
	    "$gw_top/sslscan")
	has "sslscan: suites were found" "$gw_top/sslscan" '^Preferred TLSv1.3'
	has "sslscan: no renegotiation" "$gw_top/sslscan" \
	    'Session renegotiation not supported'
	ok "sslscan: not vulnerable to Heartbleed" not grep -q \
	    ' vulnerable to heartbleed' <(grep -v ' not vulnerable' \
	    "$gw_top/sslscan")
else
	skip 5 "no sslscan here"
fi
