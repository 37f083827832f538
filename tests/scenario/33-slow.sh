#!/bin/bash
# Clients that say nothing, half a handshake, or a byte of a head a second: each
# is cut at its deadline, one address has a share and no more, and who asks for
# something is served meanwhile. Judged by counts. Readers that do not read, and
# ten thousand of each kind, are tests/torture/slow.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
# shellcheck source=tests/harness/slow.sh
. tests/harness/slow.sh
gw_make
# One worker, for each has a share for every address.
sed -i 's/^workers: .*/workers: 1/' "$gw_dir/gatehouse.yaml"
gw_start
share=$(awk '$1 == "WORKER_MAX_PER_ADDRESS" { print $3 + 0 }' \
    gateway/base/limits.h)

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
is "one from their address is heard" "$status" 403
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
