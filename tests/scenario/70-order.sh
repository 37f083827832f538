#!/bin/bash
# time limit: 300
# Over more than a thousand requests, the intent is on disk (fdatasync has
# returned) before the first byte of the answer goes out. And the test can
# tell: an auditor that acknowledges early is caught.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/scenario/lib_mutant.sh
. tests/scenario/lib_mutant.sh

# trace COUNT: 8 connections with COUNT requests each, under strace.
trace() {
	local pids pid
	rm -f "$gw_top/trace" "$gw_top/load"
	gw TRAIN01 GET /train/a.csv
	pids=
	for pid in $(gw_pids auditor) $(gw_pids worker); do
		pids+=" -p $pid"
	done
	# shellcheck disable=SC2086 # options on purpose
	strace -f -yy -s 65536 -o "$gw_top/trace" -e signal=none -e trace=\
read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync \
	    $pids 2>"$gw_top/strace" &
	tracer=$!
	for _ in {1..100}; do
		grep -q attached "$gw_top/strace" && break
		sleep 0.1
	done
	sleep 0.5
	/usr/bin/python3 tests/harness/load.py --url "$url" --keep \
	    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
	    --secret-file "$(gw_secret_file TRAIN01)" --threads 8 \
	    --count "$1" --seconds 200 --output "$gw_top/load" \
	    /train/a.csv /train/b.csv
	kill -INT $tracer
	wait $tracer
}

if [ "$(id -u)" -ne 0 ] || ! strace -o /dev/null true 2>/dev/null; then
	skip 6 "only root may trace the roles"
	exit 0
fi

gw_up
trace 150
is "1200 requests were answered" "$(grep -c '"status": 200' "$gw_top/load")" \
    1200
ok "every intent was durable before its first byte" /usr/bin/python3 \
    tests/harness/order.py "$gw_top/trace" "$gw_top/load" "$stage_port"
sed 's/^/# /' "$gw_top/said"
syncs=$(grep -c 'fdatasync(' "$gw_top/trace")
echo "# $syncs calls of fdatasync for 1200 intents and their completions"
ok "commits were shared" test "$syncs" -lt 2400
ok "it ends in order" stage_stop

# The mutant: the same, but the auditor says "on disk" before it is.
ok "the mutant builds" mutant auditor gateway/auditor/audit_round.c \
    's/^\tstruct err err = audit_own_commit/\tTRY(send_receipts(serve));\n&/'
gw_start
trace 20
ok "the mutant is caught" not /usr/bin/python3 tests/harness/order.py \
    "$gw_top/trace" "$gw_top/load" "$stage_port"
sed 's/^/# /' "$gw_top/said"
