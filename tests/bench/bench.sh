#!/bin/bash
# bench.sh: Gatehouse beside nginx and a Python script, in one run.
#
# nginx serves by TLS 1.3 and proxy_pass, from a static server behind it, the
# bytes that Gatehouse delivers. Rounds alternate, so that whatever else the
# machine does falls on both; each figure is the median of its rounds. Requests
# or bytes are divided by the CPU seconds of all processes of the server, which
# holds on a busy machine too; the rate by the clock stands beside it. A ratio
# is Gatehouse to its peer. A figure below its floor says so: it is a
# measurement and not a test, and the status is 0 unless something broke.
#
#	BENCH_BIG=BYTES      the large object, raw (1000000000)
#	BENCH_ROUNDS=N       rounds of each measurement (3)
#	BENCH_SECONDS=N      of each round of small objects (2)
#	BENCH_LONG=1         memory at 10 GB, not at BENCH_BIG
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 TZ=UTC
export PYTHONDONTWRITEBYTECODE=1
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
umask 077

# shellcheck source=deploy/demo/stage.sh
. deploy/demo/stage.sh
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

big_bytes=${BENCH_BIG:-1000000000}
rounds=${BENCH_ROUNDS:-3}
seconds=${BENCH_SECONDS:-2}
load=build/release/tests/bench_load

dir=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-bench.XXXXXX")
nginx_pid=
end() {
	local status=$?
	trap '' INT TERM
	[ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || true
	stage_stop || status=1
	rm -rf "$dir"
	exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	echo "bench.sh: $*" >&2
	tail -n 5 "$dir/gatehouse.log" "$dir/nginx.log" >&2 2>/dev/null || true
	exit 1
}

# ---- the table of figures --------------------------------------------------

heading() {
	printf '\n%s\n' "$1"
	printf '  %-30s %12s %12s  %6s %6s %6s\n' \
	    '' "$2" gatehouse "$3" "$4" floor
}

# row NAME PEER OURS RATIO OTHER-RATIO FLOOR: a floor is for RATIO; one that
# begins with "<" is a ceiling, "-" is none.
row() {
	local word
	word=$(awk -v ratio="$4" -v floor="$6" 'BEGIN {
		if (floor ~ /^</) print (ratio > substr(floor, 2) + 0 ? "above" : "")
		else print floor != "-" && ratio < floor + 0 ? "below" : "" }')
	printf '  %-30s %12s %12s  %6s %6s %6s %s\n' \
	    "$1" "$2" "$3" "$4" "$5" "$6" "$word"
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b ? a / b : 0) }'
}

median() {
	sort -g | awk '{ v[NR] = $1 } END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ---- what a server used ----------------------------------------------------

# cpu PID: CPU seconds of it, of all its children and of those that ended.
cpu() {
	local pid
	for pid in $(stage_family "$1"); do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || true
	done | awk -v hz="$(getconf CLK_TCK)" \
	    '{ sum += $12 + $13 + $14 + $15 } END { printf "%.2f", sum / hz }'
}

# memory PID FIELD: the sum of a line of /proc/PID/status, in KiB.
memory() {
	local pid
	for pid in $(stage_family "$1"); do
		sed -n "s/^$2:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$pid/status" \
		    2>/dev/null || true
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

forget_peaks() {
	local pid
	for pid in $(stage_family "$stage_pid"); do
		echo 5 >"/proc/$pid/clear_refs" 2>/dev/null || true
	done
}

# ---- the stage -------------------------------------------------------------

write_policy() {
	bench_policy "$dir/data" clinic/patients
	cat <<-YAML
	    columns:
	      mrn: direct-identifier record-number, subject
	      account: direct-identifier iban
	      name: direct-identifier name
	      email: direct-identifier email
	      birth: quasi-identifier date
	      zip: quasi-identifier us-zip
	      sex: quasi-identifier code
	      admitted: quasi-identifier date
	      left: quasi-identifier date
	      ward: plain code
	      diagnosis: plain code
	      procedure: plain code
	      weight: plain number
	      height: plain number
	      systolic: plain number
	      diastolic: plain number
	      glucose: plain number
	      amount: plain amount
	      note: free-text
	      consent: {is: consent, for: [study]}
	allow:
	YAML
	write_agreement table
	write_agreement sealed
	cat <<-YAML
	    encrypt: age
	    recipients: [$(age_key), $(age_key)]
	YAML
}

# A public key; nobody keeps what opens it.
age_key() {
	age-keygen 2>/dev/null | sed -n 's/^# public key: //p'
}

write_agreement() {
	bench_agreement "$1" clinic/patients
	cat <<-YAML
	    columns:
	      mrn: pseudonym
	      account: pseudonym
	      birth: year
	      zip: zip3
	      sex: keep
	      admitted: month
	      ward: keep
	      diagnosis: prefix 3
	      procedure: keep
	      weight: round 5
	      height: keep
	      systolic: keep
	      diastolic: keep
	      glucose: keep
	      amount: keep
	YAML
}

write_config() {
	cat <<-YAML
	listen: [127.0.0.1:$stage_port]
	hosts: [localhost]
	region: eu-central-1
	tls:
	  certificate: $dir/tls/server.pem
	  key: $dir/tls/server.key
	policy: $dir/policy.yaml
	state: $dir/state
	run: $dir/run
	keys: $dir/keys
	workers: 2
	mills: 2
	ledger: {name: bench.example/ledger}
	metrics: off
	spool: {size: 24G, wait-s: 50}
	YAML
}

write_nginx() {
	cat <<-CONF
	user root;
	worker_processes 2;
	daemon off;
	pid $dir/nginx.pid;
	error_log $dir/nginx.log;
	events { worker_connections 4096; }
	http {
	  access_log off;
	  sendfile on;
	  keepalive_requests 100000000;
	  keepalive_timeout 600s;
	  client_body_temp_path $dir/nginx-temp/body;
	  proxy_temp_path $dir/nginx-temp/proxy;
	  fastcgi_temp_path $dir/nginx-temp/fastcgi;
	  uwsgi_temp_path $dir/nginx-temp/uwsgi;
	  scgi_temp_path $dir/nginx-temp/scgi;
	  proxy_max_temp_file_size 0;
	  upstream files { server 127.0.0.1:$files_port; keepalive 256; }
	  server {
	    listen 127.0.0.1:$nginx_port ssl;
	    ssl_certificate $dir/tls/server.pem;
	    ssl_certificate_key $dir/tls/server.key;
	    ssl_protocols TLSv1.3;
	    location / {
	      proxy_pass http://files;
	      proxy_http_version 1.1;
	      proxy_set_header Connection "";
	    }
	  }
	  server { listen 127.0.0.1:$files_port; root $dir/served; }
	}
	CONF
}

prepare() {
	stage_new "$dir"
	GATEHOUSE_TEST_PORT=$((stage_port + 1))
	nginx_port=$(stage_free_port)
	GATEHOUSE_TEST_PORT=$((nginx_port + 1))
	files_port=$(stage_free_port)
	(umask 022; mkdir -p "$dir/data" "$dir/served" "$dir/nginx-temp")
	local size name
	for size in 2600:1k 2200000:1m 100000000:100m "$big_bytes:big"; do
		name=${size#*:}
		(umask 022
		/usr/bin/python3 tests/bench/make_table.py "${size%:*}" \
		    "$dir/data/$name.csv")
	done
	write_policy >"$dir/policy.yaml"
	write_config >"$dir/gatehouse.yaml"
	write_nginx >"$dir/nginx.conf"
	stage_init >"$dir/said" 2>&1 || fail "init: $(<"$dir/said")"
	stage_key BENCH01
	stage_begin
	nginx -c "$dir/nginx.conf" 2>"$dir/nginx.log" &
	nginx_pid=$!
}

# sign OBJECT: the request for it, good for a quarter of an hour.
sign() {
	PYTHONPATH=tests/harness /usr/bin/python3 - "$stage_port" \
	    "$dir/tls/ca.pem" "$dir/keys/s3/BENCH01" "/table/$1.csv" \
	    >"$dir/$1.request" <<-'PY'
	import sys
	import s3client
	port, ca, secret, path = sys.argv[1:]
	url = f"https://127.0.0.1:{port}"
	client = s3client.Client(url, ca, "BENCH01", open(secret).read().strip())
	lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
	for name, value in client.sign("GET", path, {}).items():
	    lines.append(f"{name}: {value}")
	sys.stdout.write("\r\n".join(lines + ["", ""]))
	PY
}

# fetch PORT OBJECT CONNECTIONS SECONDS COUNT: what bench_load prints.
fetch() {
	"$load" "$1" "$dir/tls/ca.pem" "$dir/$2.request" "$3" "$4" "$5" ||
	    fail "$2 from port $1"
}

# Everything once: the spool is filled, and nginx has what we deliver.
warm_up() {
	local name
	mkdir -p "$dir/served/table"
	for name in 1k 1m 100m big; do
		/usr/bin/python3 tests/harness/s3client.py \
		    --ca "$dir/tls/ca.pem" --key BENCH01 \
		    --secret-file "$dir/keys/s3/BENCH01" \
		    --output "$dir/served/table/$name.csv" \
		    GET "https://127.0.0.1:$stage_port/table/$name.csv" |
		    grep -qx 200 || fail "$name.csv is not delivered"
	done
	chmod -R a+rX "$dir/served"
}

# ---- one measurement -------------------------------------------------------

# once SERVER OBJECT CONNECTIONS SECONDS COUNT: appends to the files that
# compare reads: answers and bytes per CPU second and per second, first bytes.
once() {
	local server=$1 pid=$stage_pid port=$stage_port before after said
	[ "$server" = gatehouse ] || pid=$nginx_pid port=$nginx_port
	before=$(cpu "$pid")
	said=$(fetch "$port" "${@:2}")
	after=$(cpu "$pid")
	awk -v cpu="$after $before" '{
		split(cpu, at, " ")
		used = at[1] - at[2] > 0.005 ? at[1] - at[2] : 0.005
		print $1 / used, $2 / used, $1 / $3, $2 / $3, $4, $5, used
	}' <<<"$said" >>"$dir/figures.$server"
}

# field SERVER N
field() {
	awk -v n="$2" '{ print $n }' "$dir/figures.$1" | median
}

clear_figures() {
	rm -f "$dir"/figures.*
}

# compare NAME COLUMN UNIT-DIVISOR FLOOR: COLUMN is per CPU second; two further
# on stands the same by the clock.
compare() {
	local theirs ours
	theirs=$(field nginx "$2") ours=$(field gatehouse "$2")
	row "$1" "$(awk -v v="$theirs" -v d="$3" 'BEGIN { printf "%.1f", v / d }')" \
	    "$(awk -v v="$ours" -v d="$3" 'BEGIN { printf "%.1f", v / d }')" \
	    "$(ratio "$ours" "$theirs")" \
	    "$(ratio "$(field gatehouse $(($2 + 2)))" \
	        "$(field nginx $(($2 + 2)))")" "$4"
}

alternate() {
	local i
	clear_figures
	for ((i = 0; i < rounds; i++)); do
		once nginx "$@"
		once gatehouse "$@"
	done
}

# ---- what is measured ------------------------------------------------------

small_objects() {
	local num
	heading "1 KB objects: thousand requests per CPU second of the server" \
	    nginx cpu clock
	sign 1k
	for num in 1 16 256; do
		alternate 1k $num "$seconds" 0
		compare "$num connections" 1 1000 0.4
		cp "$dir/figures.nginx" "$dir/first.nginx.$num"
		cp "$dir/figures.gatehouse" "$dir/first.gatehouse.$num"
	done
}

# A source that changed is a new generation, and cold.
make_cold() {
	touch "$dir/data/$1.csv"
	sign "$1"
	sleep 0.2
}

cold_rounds() {
	local i
	clear_figures
	for ((i = 0; i < rounds; i++)); do
		once nginx "$1" 1 0 1
		make_cold "$1"
		once gatehouse "$1" 1 0 1
	done
}

# shake SERVER: one client, each connection with a handshake of its own.
shake() {
	local server=$1 pid=$stage_pid port=$stage_port before after from to
	[ "$server" = gatehouse ] || pid=$nginx_pid port=$nginx_port
	before=$(cpu "$pid") from=$EPOCHREALTIME
	openssl s_time -connect "127.0.0.1:$port" -CAfile "$dir/tls/ca.pem" \
	    -new -tls1_3 -time "$seconds" >"$dir/said" 2>&1 ||
	    fail "handshakes: $(tail -n 1 "$dir/said")"
	to=$EPOCHREALTIME after=$(cpu "$pid")
	awk -v cpu="$after $before" -v clock="$to $from" \
	    '/connections in .* real seconds/ {
		split(cpu, at, " ")
		split(clock, when, " ")
		used = at[1] - at[2] > 0.005 ? at[1] - at[2] : 0.005
		print $1 / used, 0, $1 / (when[1] - when[2])
	}' "$dir/said" >>"$dir/figures.$server"
}

handshakes() {
	local i
	heading "Full handshakes, TLS 1.3: thousand per CPU second of the server" \
	    nginx cpu clock
	clear_figures
	for ((i = 0; i < rounds; i++)); do
		shake nginx
		shake gatehouse
	done
	compare "one client" 1 1000 -
}

large_objects() {
	local name raw
	heading "Large objects: MB delivered per CPU second of the server" \
	    nginx cpu clock
	sign 1m
	sign big
	alternate 1m 4 "$seconds" 0
	compare "1 MB, warm" 2 1e6 -
	alternate big 1 0 1
	compare "$(size_name "$big_bytes"), warm" 2 1e6 0.6
	cp "$dir/figures.nginx" "$dir/first.nginx.big"
	cp "$dir/figures.gatehouse" "$dir/first.gatehouse.big"
	cold_rounds 1m
	compare "1 MB, cold" 2 1e6 -
	cold_rounds big
	cp "$dir/figures.nginx" "$dir/first.nginx.cold"
	cp "$dir/figures.gatehouse" "$dir/first.gatehouse.cold"
	compare "$(size_name "$big_bytes"), cold, as delivered" 2 1e6 -
	# nginx would have sent every raw byte.
	raw=$(awk -v raw="$(stat -c %s "$dir/data/big.csv")" \
	    -v out="$(stat -c %s "$dir/served/table/big.csv")" \
	    'BEGIN { print raw / out }')
	awk -v raw="$raw" '{ $2 *= raw; $4 *= raw; print }' \
	    "$dir/figures.gatehouse" >"$dir/figures.raw"
	mv "$dir/figures.raw" "$dir/figures.gatehouse"
	compare "$(size_name "$big_bytes"), cold, as read" 2 1e6 0.3
}

size_name() {
	awk -v n="$1" 'BEGIN {
		if (n >= 1e9) printf "%g GB", n / 1e9
		else printf "%g MB", n / 1e6 }'
}

first_bytes() {
	local name percent
	heading "First byte, microseconds" nginx ratio -
	for name in 1:"1 KB, 1 connection" 16:"1 KB, 16 connections" \
	    big:"$(size_name "$big_bytes"), warm" \
	    cold:"$(size_name "$big_bytes"), cold"; do
		cp "$dir/first.nginx.${name%%:*}" "$dir/figures.nginx"
		cp "$dir/first.gatehouse.${name%%:*}" "$dir/figures.gatehouse"
		for percent in 5:p50 6:p99; do
			row "${name#*:}, ${percent#*:}" \
			    "$(field nginx "${percent%:*}")" \
			    "$(field gatehouse "${percent%:*}")" \
			    "$(ratio "$(field gatehouse "${percent%:*}")" \
			        "$(field nginx "${percent%:*}")")" - -
		done
	done
}

# held PID PORT: KiB per connection of a thousand that wait.
held() {
	local before after said load_pid
	before=$(memory "$1" RssAnon)
	coproc holder { exec "$load" "$2" "$dir/tls/ca.pem" \
	    "$dir/1k.request" 1000 0 0 hold; }
	load_pid=$!
	# shellcheck disable=SC2154 # set by coproc
	read -r -t 120 said <&"${holder[0]}" || fail "1000 connections"
	[ -n "$said" ] || fail "1000 connections"
	after=$(memory "$1" RssAnon)
	eval "exec ${holder[1]}>&-"
	wait "$load_pid" || fail "1000 connections"
	awk -v a="$after" -v b="$before" 'BEGIN { printf "%.1f", (a - b) / 1000 }'
}

idle_connections() {
	local theirs ours
	heading "Memory, KiB" nginx ratio -
	sign 1k
	theirs=$(held "$nginx_pid" "$nginx_port")
	ours=$(held "$stage_pid" "$stage_port")
	row "an idle TLS connection" "$theirs" "$ours" \
	    "$(ratio "$ours" "$theirs")" - -
}

# peak OBJECT: what all processes of the gateway hold at most while it is made
# and sent.
peak() {
	make_cold "$1"
	forget_peaks
	fetch "$stage_port" "$1" 1 0 1 >/dev/null
	memory "$stage_pid" VmHWM
}

whole_memory() {
	local small big name
	name=$(size_name "$big_bytes")
	if [ -n "${BENCH_LONG-}" ]; then
		name='10 GB'
		(umask 022
		/usr/bin/python3 tests/bench/make_table.py 10000000000 \
		    "$dir/data/long.csv")
	fi
	peak 100m >/dev/null
	small=$(peak 100m)
	big=$(peak "$([ -n "${BENCH_LONG-}" ] && echo long || echo big)")
	heading "Memory of the whole gateway, KiB" '100 MB' ratio -
	row "cold, $name" "$small" "$big" "$(ratio "$big" "$small")" - '<1.05'
}

# first_byte NAME...: of objects of the agreement whose objects have recipients.
first_byte() {
	local url=https://127.0.0.1:$stage_port
	/usr/bin/python3 tests/bench/rekey.py "$url" "$dir/tls/ca.pem" BENCH01 \
	    "$dir/keys/s3/BENCH01" "${@/#//sealed/}" || fail "a new recipient"
}

payloads() {
	find "$dir/state/spool" -type f ! -name '*.meta' -printf '%f %i %T@\n' | sort
}

# One more recipient each time: the large object is not made again, and its
# first byte comes when that of a small one does.
new_recipients() {
	local big=big i before
	[ -z "${BENCH_LONG-}" ] || big=long
	heading "First byte after a recipient was added, microseconds" \
	    '1 KB' ratio -
	first_byte 1k.csv.age $big.csv.age >/dev/null
	before=$(payloads)
	clear_figures
	for ((i = 0; i < rounds; i++)); do
		sed -i "s/recipients: \[/&$(age_key), /" "$dir/policy.yaml"
		"$stage_bin/gatehouse" reload --config "$dir/gatehouse.yaml" \
		    >"$dir/said" 2>&1 || fail "reload: $(<"$dir/said")"
		first_byte 1k.csv.age $big.csv.age >>"$dir/figures.rekey"
	done
	[ "$(payloads)" = "$before" ] || fail "a new recipient cost a payload"
	row "$(size_name "$(stat -c %s "$dir/data/$big.csv")") of raw data" \
	    "$(field rekey 1)" "$(field rekey 2)" \
	    "$(ratio "$(field rekey 2)" "$(field rekey 1)")" - -
}

# timed COMMAND...: CPU seconds of a command.
timed() {
	local TIMEFORMAT='%U %S'
	{ time "$@" <"$dir/data/part.csv" >"$dir/part.out" 2>"$dir/said" ||
	    fail "$1: $(<"$dir/said")"; } 2>&1 |
	    awk '{ printf "%.3f", $1 + $2 }'
}

transforms() {
	local bytes=20000000 i
	(umask 022
	/usr/bin/python3 tests/bench/make_table.py $bytes "$dir/data/part.csv")
	heading "gatehouse transform, raw MB per CPU second" python ratio -
	clear_figures
	for ((i = 0; i < rounds; i++)); do
		timed /usr/bin/python3 tests/bench/transform.py \
		    >>"$dir/figures.python"
		echo >>"$dir/figures.python"
		mv "$dir/part.out" "$dir/by-python"
		timed "$stage_bin/gatehouse" transform \
		    --policy "$dir/policy.yaml" --agreement table --test-key \
		    >>"$dir/figures.gatehouse"
		echo >>"$dir/figures.gatehouse"
	done
	# All but the two columns of codes is the same, or nothing is compared.
	cmp <(cut -d, -f5- "$dir/by-python") <(cut -d, -f5- "$dir/part.out") ||
	    fail "the script and gatehouse transform differ"
	row "csv and hmac" \
	    "$(awk -v t="$(field python 1)" -v n=$bytes \
	        'BEGIN { printf "%.1f", n / t / 1e6 }')" \
	    "$(awk -v t="$(field gatehouse 1)" -v n=$bytes \
	        'BEGIN { printf "%.1f", n / t / 1e6 }')" \
	    "$(ratio "$(field python 1)" "$(field gatehouse 1)")" - 10
}

prepare
warm_up
small_objects
handshakes
large_objects
first_bytes
idle_connections
whole_memory
new_recipients
transforms
