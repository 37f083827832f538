#!/bin/bash
# time limit: 240
# Reload and drain: new files hold from the change on, what was begun ends as it
# began, no response is dropped or mixed, and files that cannot be used change
# nothing.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# Programs of its own, which can be replaced.
mkdir "$gw_top/programs"
cp -r build/release/bin build/release/libexec "$gw_top/programs/"
chmod -R a+rX "$gw_top/programs"
stage_bin=$gw_top/programs/bin
gw_make
log=$gw_dir/gatehouse.log
policy=$gw_dir/policy.yaml

# The two forms that `train` has in turn.
cp "$policy" "$gw_top/first.yaml"
sed 's/sex: keep, diagnosis: prefix 3/sex: keep/' "$policy" \
    >"$gw_top/second.yaml"
ok "the two policies differ" not cmp "$gw_top/first.yaml" "$gw_top/second.yaml"
(umask 022; gw_patients huge.csv 400000 100000)
gw_start

events() {
	grep -c "^$1 " "$log"
}
# until_log NAME COUNT: until so many lines begin with it.
until_log() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(events "$1")" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}
reload() {
	local status=0
	"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/out" 2>"$gw_top/err" || status=$?
	is "$1: status" "$status" "$2"
}
columns() {
	head -n 1 "$body" | tr -d '\r'
}
digest() {
	sha256sum <"$body" | cut -d ' ' -f 1
}

# ---- under load ----------------------------------------------------------------

gw TRAIN01 GET /train/a.csv
is "the first form" "$(columns)" "birth_date,zip,sex,diagnosis"
first=$(digest)
cp "$gw_top/second.yaml" "$policy"
reload "a reload" 0
gw TRAIN01 GET /train/a.csv
is "the second form, from the next request on" "$(columns)" \
    "birth_date,zip,sex"
second=$(digest)
ok "what served before has ended" until_log generation-ended 1

# Threads with a connection for all requests, others with one for each.
for keep in --keep ''; do
	# shellcheck disable=SC2086 # an option, or none
	/usr/bin/python3 tests/harness/load.py --url "$url" $keep \
	    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
	    --secret-file "$(gw_secret_file TRAIN01)" --threads 3 \
	    --seconds 60 --output "$gw_top/load$keep" /train/a.csv &
	loads+=($!)
done
sleep 1
for ((i = 0; i < 6; i++)); do
	cp "$gw_top/$([ $((i % 2)) -eq 0 ] && echo first || echo second).yaml" \
	    "$policy"
	kill -HUP "$stage_pid"
	ok "reload $i serves" until_log generation-serves $((i + 2))
done
sleep 1
kill "${loads[@]}"
wait "${loads[@]}" 2>/dev/null
/usr/bin/python3 tests/harness/verdict.py "$first" "$second" "$gw_top"/load* \
    >"$gw_top/verdict"
grep '^#' "$gw_top/verdict"
is "no response is dropped, cut or mixed" \
    "$(grep -v '^#' "$gw_top/verdict" | head -n 3)" ok
ok "both forms were read" not grep -qE 'first 0,|second 0,' "$gw_top/verdict"
ok "each but the last has ended" until_log generation-ended 7

# ---- what was begun ends as it began ------------------------------------------

# slowly FILE [AGREEMENT]: a reader of the form of now, who stops half-way until
# FILE.go.
slowly() {
	/usr/bin/python3 tests/harness/pausing.py "$url" "$gw_dir/tls/ca.pem" \
	    "$(gw_secret_file TRAIN01)" "/${2-train}/huge.csv" "$1" &
	slow_pid=$!
	for ((tries = 0; tries < 300; tries++)); do
		[ ! -s "$1" ] || return 0
		sleep 0.1
	done
}
gw TRAIN01 GET /train/huge.csv
huge=$(digest)
slowly "$gw_top/slow"
cp "$gw_top/first.yaml" "$policy"
reload "a reload while somebody reads" 0
ok "who reads has not ended" kill -0 $slow_pid
is "and what serves him drains" "$(events generation-ended)" 7
gw TRAIN01 GET /train/a.csv
is "others have the next form" "$(digest)" "$first"
touch "$gw_top/slow.go"
wait $slow_pid
is "he read all of what he began" \
    "$(sha256sum <"$gw_top/slow" | cut -d ' ' -f 1)" "$huge"
is "and heard of its end" "$(<"$gw_top/slow.end")" whole
ok "then it ends" until_log generation-ended 8

# ---- what a narrower policy forbids ---------------------------------------------

# withdrawn: how many completions say that the policy was why. Some may do so since
# the load.
withdrawn() {
	gw_settle=0 gw_records |
	    grep -c '"reason": "the policy no longer allows it"'
}
sleep 2 # until all of the load is under the checkpoint
withdrawn_before=$(withdrawn)
# until_withdrawn COUNT: so many more.
until_withdrawn() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[ "$(withdrawn)" -ne $((withdrawn_before + $1)) ] || return 0
		sleep 0.2
	done
	return 1
}
# both: a reader of `train` and one of `again`, which is the same.
both() {
	rm -f "$gw_top"/one* "$gw_top"/two*
	slowly "$gw_top/one"
	one=$slow_pid
	slowly "$gw_top/two" again
	two=$slow_pid
}
# cut_is NAME: the first was cut, the second has all of it.
cut_is() {
	touch "$gw_top/one.go" "$gw_top/two.go"
	wait $one $two
	is "$1: who reads it is cut" "$(<"$gw_top/one.end")" cut
	is "$1: another reader reads to the end" "$(<"$gw_top/two.end") $(sha256sum \
	    <"$gw_top/two" | cut -d ' ' -f 1)" "whole $huge"
}
awk '/^  - id: train$/ { train = 1 } /^  - id: sealed$/ && train {
	printf "%s", block; train = 0 }
	train { line = $0; sub("id: train", "id: again", line)
	block = block line "\n" } { print }' "$gw_top/first.yaml" \
    >"$gw_top/both.yaml"
cp "$gw_top/both.yaml" "$policy"
reload "two agreements of one form" 0
gw TRAIN01 GET /again/huge.csv
huge=$(digest)
both
awk '/^  - id: train$/ { gone = 1 } /^  - id: again$/ { gone = 0 }
	!gone { print }' "$gw_top/both.yaml" >"$policy"
reload "an agreement that went" 0
ok "its transfer is complete in the ledger, with why" until_withdrawn 1
has "and the log says how many" "$log" '^transfers-cut-by-policy .*number=1'
cut_is "an agreement that went"
cp "$gw_top/both.yaml" "$policy"
reload "it comes back" 0
both
sed '0,/sex: keep, diagnosis: prefix 3/s//sex: keep/' "$gw_top/both.yaml" \
    >"$policy"
reload "a column that went" 0
ok "its transfer is complete, too" until_withdrawn 2
cut_is "a column that went"
cp "$gw_top/both.yaml" "$policy"
reload "it comes back, too" 0
both
mv "$gw_dir/keys/s3/TRAIN01" "$gw_top/foreign/"
reload "a key that went" 0
ok "all that was granted to it is complete" until_withdrawn 4
touch "$gw_top/one.go" "$gw_top/two.go"
wait $one $two
is "and cut" "$(<"$gw_top/one.end") $(<"$gw_top/two.end")" "cut cut"
mv "$gw_top/foreign/TRAIN01" "$gw_dir/keys/s3/"
cp "$gw_top/first.yaml" "$policy"
reload "all as before" 0
ok "none of them is left" until_log generation-ended "$(events generation-drains)"

# ---- files that cannot be used -------------------------------------------------

still() {
	gw TRAIN01 GET /train/a.csv
	is "$1: what served goes on" "$status $(digest)" "200 $first"
}
sed 's/sex: keep, diagnosis: prefix 3/sex: kept/' "$gw_top/first.yaml" >"$policy"
reload "a policy with an error" 3
has "says so" "$gw_top/err" 'policy has errors'
has "and so does the log" "$log" '^reload-refused .*status=3'
has "which names it" "$log" 'policy.yaml:[0-9]+:[0-9]+: error'
still "a policy with an error"
cp "$gw_top/first.yaml" "$policy"
mv "$gw_dir/keys/root.sealed" "$gw_top/root.sealed"
reload "a key that is missing" 1
still "a key that is missing"
: >"$gw_dir/keys/root.sealed"
chmod 600 "$gw_dir/keys/root.sealed"
reload "a key that is none" 1
has "the loader says why" "$log" '^gatehouse: root.sealed: the file.s end'
still "a key that is none"
mv "$gw_top/root.sealed" "$gw_dir/keys/root.sealed"
echo short >"$gw_dir/keys/s3/SHORT01"
chmod 600 "$gw_dir/keys/s3/SHORT01"
reload "an access key that is none" 1
has "the role that cannot start says why" "$log" 'not-started .*s3 keys'
still "an access key that is none"
rm "$gw_dir/keys/s3/SHORT01"
cp "$gw_dir/gatehouse.yaml" "$gw_top/gatehouse.yaml"
sed -i 's/^workers: 2/workers: none/' "$gw_dir/gatehouse.yaml"
kill -HUP "$stage_pid"
for ((tries = 0; tries < 100; tries++)); do
	grep -q '^reload-refused .*status=2' "$log" && break
	sleep 0.1
done
has "a configuration with an error is refused" "$log" \
    '^reload-refused .*status=2'
sed "s|^state: .*|state: $gw_dir/elsewhere|" "$gw_top/gatehouse.yaml" \
    >"$gw_dir/gatehouse.yaml"
mkdir "$gw_dir/elsewhere"
reload "what cannot change" 2
has "says what" "$gw_top/err" 'change by a stop and a start'
still "what cannot change"
cp "$gw_top/gatehouse.yaml" "$gw_dir/gatehouse.yaml"

# ---- typed while another is under way --------------------------------------------

# typed: how many reloads the ledger knows.
typed() {
	gw_settle=0 gw_records | grep -c '"command": "reload"'
}
until_typed() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[ "$(typed)" -lt "$1" ] || return 0
		sleep 0.2
	done
	return 1
}
# until_held: the loader sleeps, and goes on sleeping.
until_held() {
	local tries slept=0 pid state
	for ((tries = 0; tries < 600 && slept < 10; tries++)); do
		pid=$(pgrep -P "$stage_pid" -f '^gatehouse-loader')
		state=$(ps -o state= -p "${pid:-0}")
		[ "$state" = S ] && slept=$((slept + 1)) || slept=0
		sleep 0.1
	done
	[ $slept -eq 10 ]
}
# A certificate that nobody writes holds the first one; the second is typed then,
# and is to be answered by what it finds: a certificate that is there.
before=$(typed)
certificate=$gw_dir/tls/server.pem
cp -p "$certificate" "$gw_top/certificate"
mkfifo "$gw_top/held"
ln "$gw_top/held" "$gw_top/end"
mv "$gw_top/held" "$certificate"
"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/said1" 2>&1 &
first_reload=$!
ok "one is under way" until_typed $((before + 1))
"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/said2" 2>&1 &
second_reload=$!
ok "another is typed" until_typed $((before + 2))
ok "the first waits for its certificate" until_held
mv "$gw_top/certificate" "$certificate"
: >"$gw_top/end"
code=0
wait $first_reload || code=$?
ok "the first is refused" test $code -ne 0
wait $second_reload
is "the second is not" $? 0

# ---- other files ---------------------------------------------------------------

serial() {
	openssl s_client -connect "127.0.0.1:$stage_port" -servername localhost \
	    </dev/null 2>/dev/null | openssl x509 -noout -serial
}
before=$(serial)
stage_certificate server "DNS:localhost,IP:127.0.0.1"
mv "$gw_dir/keys/s3/BANK01" "$gw_top/foreign/"
stage_key NEW01
reload "other keys" 0
ok "another certificate" test "$(serial)" != "$before"
gw BANK01 GET '/fraud?list-type=2'
is "an access key that went" "$status" 403
has "is unknown" "$body" '<Code>InvalidAccessKeyId'
gw NEW01 GET '/train?list-type=2'
has "one that came is known" "$body" '<Code>AccessDenied'

# New programs, beside the old ones, as a package puts them there.
cp "$gw_top/programs/libexec/gatehouse/gatehouse-worker" "$gw_top/new"
chmod 755 "$gw_top/new"
mv "$gw_top/new" "$gw_top/programs/libexec/gatehouse/gatehouse-worker"
inode=$(stat -c %i "$gw_top/programs/libexec/gatehouse/gatehouse-worker")
ended=$(events generation-ended)
reload "other programs" 0
ok "the old ones end" until_log generation-ended $((ended + 1))
if [ "$(id -u)" -eq 0 ]; then
	is "each worker runs the new one" \
	    "$(for pid in $(gw_pids worker); do stat -L -c %i "/proc/$pid/exe"
	    done | sort -u)" "$inode"
else
	skip 1 "only root sees what a role runs"
fi

# ---- drained and stopped -------------------------------------------------------

rm -f "$gw_top"/slow*
gw TRAIN01 GET /train/huge.csv
huge=$(digest)
slowly "$gw_top/slow"
kill -TERM "$stage_pid"
for ((tries = 0; tries < 100; tries++)); do
	gw TRAIN01 GET /train/a.csv
	[ "$status" != "broken ConnectionRefusedError" ] || break
done
is "nobody else is let in" "$status" "broken ConnectionRefusedError"
ok "who reads reads on" kill -0 $slow_pid
touch "$gw_top/slow.go"
wait $slow_pid
is "to the end" "$(sha256sum <"$gw_top/slow" | cut -d ' ' -f 1)" "$huge"
wait "$stage_pid"
is "then it has ended well" $? 0
stage_pid=

gw_start
slowly "$gw_top/cut"
kill -TERM "$stage_pid"
sleep 0.3
kill -TERM "$stage_pid"
wait "$stage_pid"
is "told twice, it waits for nobody" $? 0
stage_pid=
touch "$gw_top/cut.go"
wait $slow_pid
ok "who read was cut off" not test "$(stat -c %s "$gw_top/cut")" -eq \
    "$(stat -c %s "$gw_top/slow")"

# ---- the ledger ----------------------------------------------------------------

gw_settle=0 gw_records >"$gw_top/records"
is "the one that was cut off is an interrupted one, and none else" \
    "$(grep -c '"kind": "interrupted"' "$gw_top/records")" 1
is "each generation's policy is there" \
    "$(grep '"kind": "policy"' "$gw_top/records" | grep -vc denied)" \
    $(($(events generation-serves) + $(events supervisor-ready)))
is "and the one that had errors, as denied" \
    "$(grep '"kind": "policy"' "$gw_top/records" | grep -c denied)" 1
is "each reload that was typed is a record" \
    "$(grep -c '"command": "reload"' "$gw_top/records")" 18
ok "audit verify" "$stage_bin/gatehouse" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
ok "no canary in the log" gw_no_canary "$log"
