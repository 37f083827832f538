#!/bin/bash
# Clients that say nothing, half a handshake, or a byte of a head a second: each
# is cut at its deadline, one address has a share and no more, and who asks for
# something is served meanwhile; and of an answer that nobody reads the kernel
# keeps little. Judged by counts. How readers are cut, and ten thousand of each
# kind, are tests/torture/slow.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
# shellcheck source=tests/harness/slow.sh
. tests/harness/slow.sh
gw_make
# The readers are at the place from which they may read.
sed -i 's|seen-as: \[127.0.0.1/32\]|seen-as: [127.0.0.0/16]|' \
    "$gw_dir/policy.yaml"
# Delivered it has 5 MB, more than a kernel would take by itself.
(umask 022; gw_patients big.csv 500000 1000)
# One worker, for each has a share for every address.
sed -i 's/^workers: .*/workers: 1/' "$gw_dir/gatehouse.yaml"
gw_start
share=$(awk '$1 == "WORKER_MAX_PER_ADDRESS" { print $3 + 0 }' \
    gateway/base/limits.h)

slow_request TRAIN01 /train/big.csv "$gw_top/large"
slow_begin reader 3 3 0 "$gw_top/large"
ok "three with an answer that they do not read" \
    slow_until 60 reader '$2 == 3'
# little_kept: they have been sent something, and not more than a bound.
little_kept() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		queued=$(slow_queued)
		[ "$queued" -lt $((100 * 1024)) ] || break
		sleep 0.1
	done
	[ "$queued" -ge $((100 * 1024)) ] && [ "$queued" -le $((256 * 1024)) ]
}
ok "of which the kernel keeps what is on its way" little_kept
echo "# kept for one: $queued bytes"
slow_end reader

slow_begin tcp $((share + 300)) 1 0
ok "one address holds $share connections, and loses its oldest" \
    slow_until 60 tcp "\$2 == $share && \$3 == 300 && \$4 == 300"
slow_begin hello 150 3 0
ok "150 with half a handshake" slow_until 60 hello '$2 == 150'
slow_begin head 150 3 0
ok "150 with a growing head" slow_until 60 head '$2 == 150'
for object in a.csv b.csv none.csv; do
	gw TRAIN01 GET "/train/$object"
	is "a good client is served $object" "$status" 200
done
gw TRAIN01 GET /train/a.csv --source 127.0.1.1
is "one from their address is heard" "$status" 200
# urgent: how many descriptors the worker does not count to the crowd: those of
# the epoll that has the other epoll in it.
urgent() {
	/usr/bin/python3 - "$(gw_pids worker)" <<-'PY'
	import os, re, sys
	at = f"/proc/{sys.argv[1]}"
	epolls = {}
	for fd in os.listdir(f"{at}/fd"):
	    try:
	        if os.readlink(f"{at}/fd/{fd}") == "anon_inode:[eventpoll]":
	            info = open(f"{at}/fdinfo/{fd}").read()
	            epolls[fd] = re.findall(r"^tfd:\s+(\d+)", info, re.M)
	    except FileNotFoundError:
	        pass  # a connection that was cut meanwhile
	print(*(len(e) for e in epolls.values() if set(e) & set(epolls)))
	PY
}

# Who has been granted something is no part of the crowd, as long as it stays.
slow_request TRAIN01 /train/a.csv "$gw_top/request"
before=$(urgent)
coproc good {
	/usr/bin/python3 - "$stage_port" "$gw_dir/tls/ca.pem" "$gw_top/request" <<-'PY'
	import os, socket, ssl, sys
	port, ca, request = sys.argv[1:]
	tls = ssl.create_default_context(cafile=ca).wrap_socket(
	    socket.create_connection(("127.0.0.1", int(port))),
	    server_hostname="127.0.0.1")
	answer = tls.makefile("rb")
	for step in ("connected", "granted"):
	    if step == "granted":
	        tls.sendall(open(request, "rb").read())
	        while answer.readline().strip():
	            pass
	    print(step, flush=True)
	    os.read(3, 1)
	PY
} 3<&0
read -r -t 60 step <&"${good[0]}"
is "it waits among the crowd ($step)" "$(urgent)" "$before"
echo >&"${good[1]}"
read -r -t 60 step <&"${good[0]}"
for ((i = 0; i < 100; i++)); do
	[ "$(urgent)" -eq "$before" ] || break
	sleep 0.1
done
is "until it is $step something" "$(urgent)" $((before + 1))
echo >&"${good[1]}"
# shellcheck disable=SC2154 # coproc sets it
wait "$good_PID" 2>/dev/null

for kind in tcp hello head; do
	ok "$kind: every one is cut" slow_until 60 $kind '$2 == 0 && $3 == $1'
	slow_end $kind
done
gw TRAIN01 GET /train/a.csv
is "and a good client is served" "$status" 200
