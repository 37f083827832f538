#!/bin/bash
# time limit: 180
# Two gateways with one codebook, in PostgreSQL: a real server. The same value
# has the same code in both, whichever is the first, also when both are asked at
# once. A server that goes away ends the role with a line; it comes back with it.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# shellcheck source=tests/scenario/lib_codes.sh
. tests/scenario/lib_codes.sh
tool=$stage_bin/gatehouse
server=$gw_top/pg

where=$(tests/harness/postgres.sh start "$server") || {
	echo "Bail out! no PostgreSQL"
	exit 1
}
second=
end_all() {
	local code=$?
	[ -z "$second" ] || kill -TERM "$second" 2>/dev/null
	[ -z "$second" ] || wait "$second" 2>/dev/null
	(exit $code)
	gw_end
}
trap 'tests/harness/postgres.sh stop "$server" >/dev/null 2>&1; end_all' EXIT
# The codebook's user comes through here; and has to say its password.
chmod 711 "$server"
/usr/bin/psql -qX "$where" -c "ALTER USER gatehouse PASSWORD 'a word'" \
    >"$gw_top/said" 2>&1
echo 'local all all scram-sha-256' >"$server/data/pg_hba.conf"
tests/harness/postgres.sh crash "$server"
tests/harness/postgres.sh restart "$server"
echo 'a word' >"$gw_top/password"

awk 'BEGIN {
	print "account,phone"
	for (i = 0; i < 60000; i++)
		printf "CNRYACC%06d,555%07d\n", i, i % 20000
}' | codes_file long.csv
head -n 2001 "$folder/long.csv" | codes_file a.csv
codes_dataset bank/people <<YAML
account: direct-identifier account, subject
phone: direct-identifier phone
YAML
codes_agreement tokens card-fraud bank/people shop \
    'account: token, phone: token'
cp "$gw_dir/gatehouse.yaml" "$gw_top/bare"
# configure FILE PASSWORD-FILE [CONNINFO]
configure() {
	cat "$gw_top/bare" >"$1"
	echo "codebook: {postgres: \"${3-$where}\", password-file: $2}" >>"$1"
}

# ---- one that cannot be reached ---------------------------------------------------

# refused NAME PATTERN
refused() {
	ok "$1: no start" not timeout 60 "$tool" run \
	    --config "$gw_dir/gatehouse.yaml"
	cp "$gw_top/said" "$gw_top/why"
	has "$1: says why" "$gw_top/why" "$2"
}
echo 'another word' >"$gw_top/wrong"
configure "$gw_dir/gatehouse.yaml" "$gw_top/wrong"
refused "a wrong password" 'no-connection .*password authentication failed'
configure "$gw_dir/gatehouse.yaml" "$gw_top/password" "host=$gw_top/none user=gatehouse dbname=codes"
refused "no server" 'no-connection .*No such file or directory'
configure "$gw_dir/gatehouse.yaml" "$gw_top/password" "$where password=x"
refused "a password in the configuration" 'a password goes into a file'
configure "$gw_dir/gatehouse.yaml" "$gw_top/password"
chmod 644 "$gw_top/password"
refused "a password that others can read" 'password: others can read it'
chmod 600 "$gw_top/password"

# ---- two gateways ----------------------------------------------------------------

gw_start
# The keys of the first, a state of its own.
other=$gw_top/other
cp -a "$gw_dir/keys" "$gw_top/keys"
port=$(stage_free_port)
sed -e "s,^state:.*,state: $other/state," -e "s,^run:.*,run: $other/run," \
    -e "s,^keys:.*,keys: $gw_top/keys," -e "s,^listen:.*,listen: [127.0.0.1:$port]," \
    "$gw_dir/gatehouse.yaml" >"$gw_top/other.yaml"
(umask 022; mkdir "$other")
"$tool" init --config "$gw_top/other.yaml" >"$gw_top/said" 2>&1
"$tool" run --config "$gw_top/other.yaml" >"$gw_top/other.log" 2>&1 &
second=$!
for ((tries = 0; tries < 300; tries++)); do
	curl -sf -m 3 --noproxy '*' --cacert "$gw_dir/tls/ca.pem" -o /dev/null \
	    "https://localhost:$port/readyz" && break
	sleep 0.1
done

# fetch PORT FILE TO: prints the status.
fetch() {
	/usr/bin/python3 tests/harness/s3client.py --ca "$gw_dir/tls/ca.pem" \
	    --key BANK01 --secret-file "$gw_dir/keys/s3/BANK01" --source 127.9.0.1 \
	    --output "$gw_top/$3" GET "https://127.0.0.1:$1/tokens/$2"
}
fetch "$stage_port" long.csv one >"$gw_top/one.status" &
first=$!
is "the second one serves" "$(fetch "$port" long.csv two)" 200
wait $first
is "and the first one at once" "$(cat "$gw_top/one.status")" 200
ok "the same codes" cmp "$gw_top/one" "$gw_top/two"
is "as many as there are values" \
    "$(tail -n +2 "$gw_top/one" | tr ',' '\n' | sort -u | wc -l)" 80000
is "which the raw file has" "$(wc -l <"$gw_top/one")" 60001

codebook() {
	"$tool" codebook "$1" --config "$gw_dir/gatehouse.yaml" "${@:2}" \
	    >"$gw_top/out" 2>"$gw_top/err"
	code=$?
}
codebook status
is "status" "$code" 0
has "says where it is" "$gw_top/out" '^kept-in +postgresql'
has "and counts them" "$gw_top/out" '^entries +80000'
codebook check
is "each entry is looked at while they run" "$code" 0
has "all of them" "$gw_top/out" '^entries +80000'
codebook backup "$gw_top/b"
is "no backup of ours" "$code" 1
has "but the server's" "$gw_top/err" 'pg_dump'
ok "and no file is left of it" not ls "$gw_top/b/codes.sqlite"
codebook restore "$gw_top/b"
has "and no restore" "$gw_top/err" 'pg_restore'

# Who is shredded by one is gone for both.
echo CNRYACC000003 >"$gw_top/who"
codebook shred bank/people "$gw_top/who"
is "a person goes" "$(cat "$gw_top/out")" 'line 1: 2 entries'
"$tool" codebook status --config "$gw_top/other.yaml" >"$gw_top/out" 2>&1
has "the other one knows" "$gw_top/out" '^entries +79998'

# ---- a server that goes away ------------------------------------------------------

tests/harness/postgres.sh crash "$server"
# What has no slot yet needs the codebook.
is "without it nothing new is made" "$(fetch "$stage_port" a.csv none)" 503
waited() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		grep -qE "$1" "$gw_dir/gatehouse.log" && return
		sleep 0.1
	done
	return 1
}
ok "the log says why" waited 'ended role=codebook .*connection to PostgreSQL is lost'
ok "and that there is none" waited 'no-connection role=codebook'
is "what is made is served all the same" \
    "$(fetch "$stage_port" long.csv three)" 200
tests/harness/postgres.sh restart "$server"
comes_back() {
	local tries
	for ((tries = 0; tries < 60; tries++)); do
		[ "$(fetch "$stage_port" a.csv four)" != 200 ] || return 0
		sleep 0.5
	done
	return 1
}
ok "and when it is back, so is the codebook" comes_back
ok "with the codes that it had" cmp <(sed '/^[^,]*,/!d; 5d' "$gw_top/four") \
    <(head -n 2001 "$gw_top/one" | sed 5d)
ok "no password is in a log" not grep -q 'a word' "$gw_dir/gatehouse.log" \
    "$gw_top/other.log"

# ---- the server's own files --------------------------------------------------------

# Tables, indexes, journal, what it keeps while it sorts, and its log: none has
# an account or a phone number, in any form. A table that has one would be seen.
awk -F, 'NR % 600 == 2 { print $1; print $2 }' "$folder/long.csv" |
    /usr/bin/python3 tests/harness/needles.py >"$gw_top/needles"
holders() {
	/usr/bin/psql -qX "$where password='a word'" -c CHECKPOINT \
	    >"$gw_top/said" 2>&1 || return 1
	grep -rlaFf "$gw_top/needles" "$server" | wc -l
}
is "they hold no identifier" "$(holders)" 0
/usr/bin/psql -qX "$where password='a word'" >"$gw_top/said" 2>&1 \
    -c "CREATE TABLE planted AS SELECT 'CNRYACC000600'::bytea AS it"
ok "one that was planted is found" test "$(holders)" -gt 0
