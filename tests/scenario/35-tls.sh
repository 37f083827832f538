#!/bin/bash
# What TLS the gateway speaks, seen by OpenSSL's client: 1.2 and 1.3 with AEAD,
# and none of what either version has grown out of. testssl.sh and sslscan say
# the same in tests/torture/tls.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up

# talk NAME INPUT [OPTION...]: s_client's words, in $gw_top/NAME; what it would
# do with letters of its own is kept out but where it is asked for.
talk() {
	local name=$1 input=$2
	shift 2
	printf '%b' "$input" | timeout 20 openssl s_client \
	    -connect "127.0.0.1:$stage_port" -CAfile "$gw_dir/tls/ca.pem" \
	    "$@" >"$gw_top/$name" 2>&1
}
ask='GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

# served NAME VERSION OPTION...; refused NAME OPTION...
served() {
	local name=$1 version=$2
	shift 2
	talk served "$ask" -quiet "$@"
	has "$name is served" "$gw_top/served" '^HTTP/1.1 200 '
	talk which '' "$@"
	has "$name: it is $version" "$gw_top/which" "New, $version, Cipher is"
}
refused() {
	local name=$1
	shift
	talk refused "$ask" -quiet "$@"
	ok "$name is refused" not grep -q '^HTTP/' "$gw_top/refused"
	has "$name: with an alert" "$gw_top/refused" alert
}

served "TLS 1.3" TLSv1.3 -tls1_3
served "TLS 1.2" TLSv1.2 -tls1_2
served "http/1.1 among others" TLSv1.3 -alpn h2,http/1.1
# The client would not even offer them at its usual level.
refused "TLS 1.1" -tls1_1 -cipher ALL:@SECLEVEL=0
refused "TLS 1.0" -tls1 -cipher ALL:@SECLEVEL=0
for suite in ECDHE-ECDSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA384 \
    ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES128-CCM; do
	refused "$suite" -tls1_2 -cipher "$suite:@SECLEVEL=0"
done
refused "h2 alone" -alpn h2

talk renegotiate 'R\n' -tls1_2
has "renegotiation is refused" "$gw_top/renegotiate" 'no renegotiation'
talk session '' -tls1_3 -sess_out "$gw_top/session.pem"
has "no early data" "$gw_top/session" 'Early data was not sent'
ok "no ticket, so that nothing can be sent early later" \
    not test -s "$gw_top/session.pem"
ok "and none is announced" not grep -q 'Max Early Data: [1-9]' \
    "$gw_top/session"

# Over TLS, what would make it another protocol.
upgrade='Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
upgrade+='HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'
talk h2c "GET /livez HTTP/1.1\r\nHost: localhost\r\n$upgrade\r\n" -quiet
has "Upgrade: h2c is refused" "$gw_top/h2c" '^HTTP/1.1 400 '
talk preface 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' -quiet
ok "the preface of HTTP/2 too" grep -qE '^HTTP/1.1 (400|501|505) ' \
    "$gw_top/preface"
gw TRAIN01 GET /train/a.csv
is "and a good request is served" "$status" 200
