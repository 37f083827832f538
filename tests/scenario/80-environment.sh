#!/bin/bash
# time limit: 300
# A bad environment: one line that says what is wrong, no start, the right
# status. And a disk that fills up: 503, and service again when there is room.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# A policy without a warning of its own: what is counted here are the lines
# that a bad environment brings.
sed -i -e "s/until: 2026-01-31/until: $(date -d '+1 year' +%F)/" \
    -e '/- id: overseas/,$ s/places: \[virginia\]/places: [frankfurt]/' \
    "$gw_dir/policy.yaml"
config=$gw_dir/gatehouse.yaml
cp "$config" "$gw_top/good.yaml"

# Who asks for help is answered; who types a verb that there is not is told.
for word in help --help -h; do
	"$stage_bin/gatehouse" "$word" key >"$gw_top/out" 2>"$gw_top/err"
	is "gatehouse $word key: status" $? 0
	has "gatehouse $word key: its verbs" "$gw_top/out" '^  gatehouse key rotate  +[a-z]'
	is "gatehouse $word key: no error" "$(wc -c <"$gw_top/err")" 0
done
is "gatehouse --version" "$("$stage_bin/gatehouse" --version)" \
    "$("$stage_bin/gatehouse" version)"
# Each verb says what it takes, and does nothing else: there is no gateway.
asks() {
	local words name
	"$stage_bin/gatehouse" --help | sed -n 's/^  gatehouse \(.\{18\}\) .*/\1/p' |
	    while read -r -a words; do
		[ "${words[*]}" != version ] || continue
		name=${words[*]}
		[ "$name" != "key unseal" ] || name=unseal
		"$stage_bin/gatehouse" "${words[@]}" "$1" </dev/null \
		    >"$gw_top/out" 2>"$gw_top/err" &&
		    grep -q "^usage: gatehouse $name" "$gw_top/out" &&
		    [ ! -s "$gw_top/err" ] || echo "$name"
	done
}
is "each verb, asked by --help, that does not answer" "$(asks --help)" ""
is "each verb, asked by -h, that does not answer" "$(asks -h)" ""
is "so many were asked" "$("$stage_bin/gatehouse" --help | grep -c '^  gatehouse')" 52
for words in 'help key rotate' 'key rotate --he'; do
	read -r -a words <<<"$words"
	is "gatehouse ${words[*]}" "$("$stage_bin/gatehouse" "${words[@]}" 2>&1)" \
	    "$("$stage_bin/gatehouse" key rotate --help)"
done
"$stage_bin/gatehouse" key --help >"$gw_top/out"
is "gatehouse key --help: status" $? 0
is "gatehouse key --help: it alone" "$(grep -c '^  gatehouse [^k]' "$gw_top/out")" 0
"$stage_bin/gatehouse" frobnicate --help >"$gw_top/out" 2>/dev/null
is "help of no verb: status" $? 2
"$stage_bin/gatehouse" frobnicate >"$gw_top/out" 2>"$gw_top/err"
is "no such verb: status" $? 2
is "no such verb: nothing on stdout" "$(wc -c <"$gw_top/out")" 0
has "no such verb: those that there are" "$gw_top/err" '^  gatehouse init  +[a-z]'

# refuses NAME STATUS WORD: a start now ends with STATUS and one line about it.
refuses() {
	local code
	timeout -k 5 20 "$stage_bin/gatehouse" run --config "$config" \
	    </dev/null >"$gw_top/out" 2>"$gw_top/err"
	code=$?
	is "$1: status" $code "$2"
	is "$1: one line" "$(wc -l <"$gw_top/err")" 1
	has "$1: about it" "$gw_top/err" "$3"
	is "$1: nothing on stdout" "$(wc -c <"$gw_top/out")" 0
	cp "$gw_top/good.yaml" "$config"
}

# edit SED-SCRIPT: in the configuration, until the next start.
edit() {
	sed -i "$1" "$config"
}

edit 's/^region:/regoin:/'
refuses "an unknown key" 2 "gatehouse.yaml:[0-9]+.*regoin"
echo 'listen: [' >"$config"
refuses "malformed YAML" 2 "gatehouse.yaml"
edit 's/^workers: 2/workers: many/'
refuses "a number that is none" 2 "workers"
edit '/^policy:/d'
refuses "no policy named" 2 "policy"
edit 's|^policy: .*|policy: /nowhere/policy.yaml|'
refuses "a policy that is not there" 2 /nowhere/policy.yaml
timeout 20 "$stage_bin/gatehouse" run --config /nowhere.yaml 2>"$gw_top/err"
is "no configuration: status" $? 2
has "no configuration: says which" "$gw_top/err" '/nowhere.yaml'

cp "$gw_dir/policy.yaml" "$gw_top/policy.yaml"
sed -i 's/birth_date: year,/birth_date: keep,/' "$gw_dir/policy.yaml"
timeout 20 "$stage_bin/gatehouse" run --config "$config" 2>"$gw_top/err"
is "a policy that breaks the law: status" $? 3
has "says where" "$gw_top/err" 'policy.yaml:[0-9]+:[0-9]+: error\[E[0-9]+\]'
cp "$gw_top/policy.yaml" "$gw_dir/policy.yaml"

# A gateway that was set up before has a key of its own for the spool.
(umask 077; age-keygen 2>/dev/null | grep -v '^#' >"$gw_dir/keys/spool.key")
for key in root.sealed ledger.key spool.key; do
	if [ $key != spool.key ]; then
		mv "$gw_dir/keys/$key" "$gw_top/key"
		refuses "without $key" 1 "$key"
		mv "$gw_top/key" "$gw_dir/keys/$key"
	fi
	chmod 644 "$gw_dir/keys/$key"
	refuses "$key that all may read" 1 "$key"
	chmod 600 "$gw_dir/keys/$key"
	: >"$gw_top/empty"
	cp -p "$gw_dir/keys/$key" "$gw_top/key"
	: >"$gw_dir/keys/$key"
	refuses "an empty $key" 1 "$key"
	cp -p "$gw_top/key" "$gw_dir/keys/$key"
done
chmod 644 "$gw_dir/keys/s3/TRAIN01"
refuses "an S3 secret that all may read" 1 TRAIN01
chmod 600 "$gw_dir/keys/s3/TRAIN01"
mv "$gw_dir/tls/server.key" "$gw_top/key"
refuses "without the TLS key" 1 "server.key"
cp "$gw_dir/tls/trainer.key" "$gw_dir/tls/server.key"
refuses "the TLS key of another certificate" 1 "key"
mv "$gw_top/key" "$gw_dir/tls/server.key"
echo garbage >"$gw_top/pem"
edit "s|certificate: .*|certificate: $gw_top/pem|"
refuses "a certificate that is none" 1 "certificate|pem"

# What decides who gets what, and others can write it: the file, or the folder
# in which they could put another in its place.
for path in "$config" "$gw_dir" "$gw_dir/keys" "$gw_dir/policy.yaml"; do
	mode=$(stat -c %a "$path")
	for more in g+w o+w; do
		chmod $more "$path"
		refuses "${path#"$gw_top/"}, $more" 1 "${path}: others can write"
		chmod "$mode" "$path"
	done
done
mkdir -m 777 "$gw_top/open"
cp "$gw_dir/policy.yaml" "$gw_top/open/"
edit "s|^policy: .*|policy: $gw_top/open/policy.yaml|"
refuses "a policy in a folder of everybody" 1 "$gw_top/open: others can write"

/usr/bin/python3 - "$stage_port" <<-'PY' &
	import socket, sys, time
	s = socket.socket()
	s.bind(("127.0.0.1", int(sys.argv[1])))
	s.listen()
	time.sleep(20)
PY
squatter=$!
sleep 0.5
refuses "the port is in use" 1 "$stage_port"
kill $squatter
wait $squatter 2>/dev/null

mkdir "$gw_top/later"
echo 2 >"$gw_top/later/VERSION"
edit "s|^state: .*|state: $gw_top/later|"
refuses "a state that other programs wrote" 1 "$gw_top/later/VERSION"
is "which keep it as it is" "$(ls "$gw_top/later")" VERSION
: >"$gw_top/file"
edit "s|^state: .*|state: $gw_top/file|"
refuses "a state that is a file" 1 "$gw_top/file"
if [ "$(id -u)" -ne 0 ]; then
	mkdir -m 500 "$gw_top/read-only"
	edit "s|^state: .*|state: $gw_top/read-only|"
	refuses "a state that cannot be written" 1 "read-only"
else
	mkdir "$gw_top/read-only"
	if mount -t tmpfs -o ro tmpfs "$gw_top/read-only" 2>/dev/null; then
		edit "s|^state: .*|state: $gw_top/read-only|"
		refuses "a state that cannot be written" 1 "read-only"
		umount "$gw_top/read-only"
	else
		skip 4 "no right to mount"
	fi
fi

edit "s|^metrics: .*|metrics: 127.0.0.1:$(stage_free_port)|"
gw_start
gw TRAIN01 GET /train/a.csv
is "and in a good environment it starts" "$status" 200
# The starter alone keeps what it was started as. The verifier comes and goes.
uids() {
	local pid
	for pid in $(stage_family "$stage_pid" | tail -n +2); do
		[ "$pid" != "$(gw_pids verifier)" ] || continue
		sed -n 's/^Uid:\t\([0-9]*\)\t\([0-9]*\)\t\([0-9]*\).*/\1 \2 \3/p' \
		    "/proc/$pid/status"
	done
}
if [ "$(id -u)" -eq 0 ]; then
	is "no role keeps a uid of 0" "$(uids | grep -cw 0)" 0
	# Supervisor, auditor, keeper, worker, mill, console, codebook, two kinds of
	# opener.
	is "each has one of its own" "$(uids | sort -u | wc -l)" 9
else
	skip 2 "only root gives each role a uid of its own"
fi
stage_stop

# ---- a kernel without jails --------------------------------------------------

# The same, as a program that the stage can start.
without() {
	mkdir -p "$gw_top/without-$1"
	printf '#!/bin/sh\nexec %q %s %q "$@"\n' "$without" "$1" \
	    "$PWD/build/release/bin/gatehouse" >"$gw_top/without-$1/gatehouse"
	chmod 755 "$gw_top/without-$1/gatehouse"
	stage_bin=$gw_top/without-$1
}
without=$PWD/build/release/tests/without
for jail in landlock seccomp; do
	without $jail
	refuses "no $jail" 1 "the kernel has no $jail"
	stage_start --allow-degraded
	gw TRAIN01 GET /train/a.csv
	is "no $jail, and allowed: served" "$status" 200
	has "the log says so" "$gw_dir/gatehouse.log" "^jail-without-$jail "
	gw_records >"$gw_top/records"
	has "and so does the ledger" "$gw_top/records" '"kind": "degraded"'
	stage_stop
	rm -rf "$gw_dir/state/ledger"
	stage_bin=build/release/bin
done

# ---- a full disk -----------------------------------------------------------

full_disk() {
	local size tries
	mkdir "$gw_top/small"
	mount -t tmpfs -o size=256m tmpfs "$gw_top/small" 2>/dev/null || return 1
	chmod 711 "$gw_top/small"
	mkdir "$gw_top/small/state"
	edit "s|^state: .*|state: $gw_top/small/state|"
	gw_start
	gw TRAIN01 GET /train/a.csv
	is "on a small disk" "$status" 200
	dd if=/dev/zero of="$gw_top/small/ballast" bs=1M 2>/dev/null
	dd if=/dev/zero of="$gw_top/small/crumbs" bs=1 count=8192 2>/dev/null
	size=200
	# The ledger has room kept for itself; that too comes to its end.
	for ((tries = 0; tries < 20 && size != 503; tries++)); do
		gw TRAIN01 GET /train/b.csv
		size=$status
	done
	is "a fill on a full disk is 503" "$status" 503
	ok "with a reason for the party" grep -qi '^x-gatehouse-reason' "$head"
	ok "the gateway lives" kill -0 "$stage_pid"
	rm "$gw_top/small/ballast" "$gw_top/small/crumbs"
	for ((tries = 0; tries < 50; tries++)); do
		gw TRAIN01 GET /train/b.csv
		[ "$status" = 200 ] && break
		sleep 0.1
	done
	is "there is room again: served" "$status" 200
	ok "the ledger is whole" "$stage_bin/gatehouse" audit verify \
	    "$gw_top/small/state/ledger" --key "@$gw_dir/keys/ledger.vkey"
	stage_stop
	umount "$gw_top/small"
}

if [ "$(id -u)" -ne 0 ] || ! full_disk; then
	skip 6 "no right to mount a small disk"
fi
