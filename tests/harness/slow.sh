# shellcheck shell=bash
# shellcheck disable=SC2154 # what lib.sh has set
# slow.sh: clients that hold what they get (tests/programs/slow_clients.c), for
# a scenario and for a campaign. Sourced after lib.sh.

declare -A slow_pids=() slow_inputs=()

# slow_begin KIND COUNT ADDRESSES RATE [REQUEST]: they would be elsewhere, so what
# they compute must not be what the gate lacks; they get what it leaves.
slow_begin() {
	local input
	exec {input}> >(exec chrt --idle 0 build/release/tests/slow_clients \
	    "$stage_port" "$1" "$2" "$3" "$4" "${5:--}" >"$gw_top/slow-$1" 2>&1)
	slow_pids[$1]=$!
	slow_inputs[$1]=$input
}

# slow_now KIND: opened, held, cut, the first one held, seconds.
slow_now() {
	tail -n 1 "$gw_top/slow-$1"
}

# slow_until SECONDS KIND AWK-CONDITION: over $1 ... $5 of slow_now; the time is
# a bound and no expectation.
slow_until() {
	local deadline=$((SECONDS + $1))
	until slow_now "$2" | awk "NF == 5 && ($3) { good = 1 }
	    END { exit !good }"; do
		[ $SECONDS -lt $deadline ] || {
			slow_now "$2"
			return 1
		}
		sleep 0.2
	done
}

# slow_end KIND: it closes what it holds.
slow_end() {
	local input=${slow_inputs[$1]}
	kill "${slow_pids[$1]}" 2>/dev/null
	exec {input}>&-
	wait "${slow_pids[$1]}" 2>/dev/null
}

# slow_queued: the most bytes that the kernel keeps for one client of the gate, who
# has not taken them.
slow_queued() {
	/usr/bin/python3 - "$stage_port" <<-'PY'
	import sys
	port = f":{int(sys.argv[1]):04X}"
	with open("/proc/net/tcp") as table:
	    rows = [line.split() for line in table]
	print(max((int(row[4].split(":")[0], 16) for row in rows
	           if row[1].endswith(port) and row[3] == "01"), default=0))
	PY
}

# slow_request KEY PATH FILE: the signed head of a GET.
slow_request() {
	PYTHONPATH=tests/harness /usr/bin/python3 - "$url" \
	    "$gw_dir/tls/ca.pem" "$1" "$(gw_secret_file "$1")" "$2" >"$3" <<-'PY'
	import sys
	import s3client
	url, ca, key, secret, path = sys.argv[1:]
	client = s3client.Client(url, ca, key, open(secret).read().strip())
	lines = [f"GET {path} HTTP/1.1", f"Host: {client.host}:{client.port}"]
	for name, value in client.sign("GET", path, {}).items():
	    lines.append(f"{name}: {value}")
	sys.stdout.write("\r\n".join(lines + ["", ""]))
	PY
}
