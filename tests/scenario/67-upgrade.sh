#!/bin/bash
# time limit: 300
# Other programs take the place of all that run, without a refused connection, a
# dropped or a mixed response; what fails or dies on the way changes nothing, or
# is as any death of that role.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# Programs of its own, which can be replaced.
mkdir "$gw_top/programs"
cp -r build/release/bin build/release/libexec "$gw_top/programs/"
chmod -R a+rX "$gw_top/programs"
stage_bin=$gw_top/programs/bin
programs=$gw_top/programs/libexec/gatehouse
gw_make
log=$gw_dir/gatehouse.log
policy=$gw_dir/policy.yaml
# Random codes, which every fill asks the codebook for.
sed -i 's/columns: {birth_date: year,/columns: {mrn: token, birth_date: year,/' \
    "$policy"
cp "$policy" "$gw_top/first.yaml"
sed 's/sex: keep, diagnosis: prefix 3/sex: keep/' "$policy" \
    >"$gw_top/second.yaml"
(umask 022; gw_patients huge.csv 200000 100000)
gw_start

events() {
	grep -c "^$1 " "$log"
}
# until_true COMMAND...: within a generous time.
until_true() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
at_least() {
	[ "$(events "$1")" -ge "$2" ]
}
# main: the process that serves; the log names each that took its place.
upgrades=0
main() {
	upgrades=$((upgrades + 1))
	ok "$1: the log names the process" \
	    until_true at_least upgrade-done $upgrades
	stage_pid=$(sed -n 's/^upgrade-done .*pid=\([0-9]*\).*/\1/p' "$log" |
	    tail -n 1)
}
upgrade() {
	local code=0
	"$stage_bin/gatehouse" upgrade --config "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/out" 2>"$gw_top/err" || code=$?
	is "$1: status" "$code" "$2"
	[ "$code" -ne 0 ] || main "$1"
}
# install: as a package does it, each program in the place of the old one.
install_programs() {
	local file
	for file in "$programs"/*; do
		cp -p "$file" "$gw_top/programs/new"
		mv "$gw_top/programs/new" "$file"
	done
}
digest() {
	sha256sum <"$body" | cut -d ' ' -f 1
}
serves() {
	gw TRAIN01 GET /train/a.csv
	[ "$status" = 200 ]
}
gone() {
	local pid
	for pid in "$@"; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done
}

# ---- every program is another one ----------------------------------------------

gw TRAIN01 GET /train/a.csv
first=$(digest)
before=$(stage_family "$stage_pid" | sort)
install_programs
cp "$gw_top/second.yaml" "$policy"
upgrade "an upgrade" 0
gw TRAIN01 GET /train/a.csv
second=$(digest)
ok "from then on the files hold that it read" test "$second" != "$first"
# shellcheck disable=SC2086 # a list of numbers
ok "whatever ran before has ended" until_true gone $before
after=$(stage_family "$stage_pid" | sort)
is "as many processes run as before" "$(wc -l <<<"$after")" \
    "$(wc -l <<<"$before")"
is "none of them did" "$(comm -12 <(echo "$before") <(echo "$after"))" ""
if [ "$(id -u)" -eq 0 ]; then
	is "each runs a program that lies there now" "$(for pid in $after; do
		stat -L -c %i "/proc/$pid/exe"
	done | sort -u | grep -vxF "$(stat -c %i "$programs"/*)")" ""
else
	skip 1 "only root sees what a role runs"
fi

# ---- under load ----------------------------------------------------------------

for keep in --keep ''; do
	# shellcheck disable=SC2086 # an option, or none
	/usr/bin/python3 tests/harness/load.py --url "$url" $keep \
	    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
	    --secret-file "$(gw_secret_file TRAIN01)" --threads 3 \
	    --seconds 100 --output "$gw_top/load$keep" /train/a.csv &
	loads+=($!)
done
until_true grep -q 200 "$gw_top/load"
for ((i = 0; i < 5; i++)); do
	cp "$gw_top/$([ $((i % 2)) -eq 0 ] && echo first || echo second).yaml" \
	    "$policy"
	# Another version of the same: it is filled anew, with the same codes.
	touch "$gw_dir/data/hospital/patients/a.csv"
	if [ $i -lt 3 ]; then
		upgrade "under load, $i" 0
	else
		kill -USR2 "$stage_pid"
		main "by a signal, $i"
	fi
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

# ---- what was begun ends as it began ------------------------------------------

# In the form that has less: one that the policy of then forbids would be cut.
cp "$gw_top/second.yaml" "$policy"
ok "the form that has less" "$stage_bin/gatehouse" reload \
    --config "$gw_dir/gatehouse.yaml"
gw TRAIN01 GET /train/huge.csv
huge=$(digest)
# It reads the half, then waits until huge.go is there.
/usr/bin/python3 tests/harness/pausing.py "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" /train/huge.csv "$gw_top/huge" &
slow_pid=$!
until_true test -s "$gw_top/huge"
old=$stage_pid
cp "$gw_top/first.yaml" "$policy"
upgrade "while somebody reads" 0
upgrade "and once more, before he is done" 0
ok "who serves him is still there" kill -0 "$old"
gw TRAIN01 GET /train/a.csv
is "others have the form of now" "$(digest)" "$first"
touch "$gw_top/huge.go"
wait $slow_pid
is "he read all of what he began" \
    "$(sha256sum <"$gw_top/huge" | cut -d ' ' -f 1)" "$huge"
ok "then it ends" until_true gone "$old"

# ---- programs and files that cannot be used -------------------------------------

alone() {
	[ "$(pgrep -c -f "^gatehouse-supervisor.*$gw_dir/")" -eq 2 ]
}
still() {
	gw TRAIN01 GET /train/a.csv
	is "$1: what served goes on" "$status $(digest)" "200 $first"
	ok "$1: and nothing else runs" until_true alone
}
# broken PROGRAM STATUS: with another one in its place.
broken() {
	mv "$programs/gatehouse-$1" "$gw_top/kept"
	cp "$2" "$programs/gatehouse-$1"
	upgrade "another $1" "$3"
	mv "$gw_top/kept" "$programs/gatehouse-$1"
	still "another $1"
}
sed 's/sex: keep, diagnosis: prefix 3/sex: kept/' "$gw_top/first.yaml" \
    >"$policy"
upgrade "a policy with an error" 3
has "says so" "$gw_top/err" 'policy has errors'
has "and so does the log" "$log" '^upgrade-refused .*status=3'
still "a policy with an error"
cp "$gw_top/first.yaml" "$policy"
for role in supervisor loader auditor opener codebook keeper worker; do
	broken $role /bin/false 1
done
broken supervisor /dev/null 1
mv "$programs/gatehouse-supervisor" "$gw_top/kept"
upgrade "no program" 1
mv "$gw_top/kept" "$programs/gatehouse-supervisor"
still "no program"
cp "$gw_dir/gatehouse.yaml" "$gw_top/gatehouse.yaml"
sed -i "s|^state: .*|state: $gw_dir/elsewhere|" "$gw_dir/gatehouse.yaml"
mkdir "$gw_dir/elsewhere"
upgrade "what cannot change" 2
still "what cannot change"
cp "$gw_top/gatehouse.yaml" "$gw_dir/gatehouse.yaml"
# As programs before these would find it, or these what later ones wrote.
for version in 0 2 '1 of ours' ''; do
	echo "$version" >"$gw_dir/state/VERSION"
	upgrade "a state of version \"$version\"" 1
	is "a state of version \"$version\": it stays" \
	    "$(<"$gw_dir/state/VERSION")" "$version"
	still "a state of version \"$version\""
done
is "the log says twice that it is of other programs" "$(grep -c \
    'state/VERSION: other programs wrote this state' "$log")" 2
echo 1 >"$gw_dir/state/VERSION"

# ---- killed on the way -----------------------------------------------------------

# of MAIN ROLE [INDEX]: the first such process of that family.
of() {
	local stage_pid=$1
	gw_pids "$2" | head -n 1
}
# heir: the child of ours that has children.
heir() {
	local pid
	for pid in $(pgrep -P "$stage_pid" -f '^gatehouse-supervisor'); do
		[ -z "$(pgrep -P "$pid")" ] || echo "$pid"
	done
}
has_heir_role() {
	[ -n "$(heir)" ] && [ -n "$(of "$(heir)" "$1")" ]
}
# What is stopped holds the handing over where it is. By a signal: a command that
# is typed would need the auditor for its record.
held_at() {
	kill -STOP "$1"
	kill -USR2 "$stage_pid"
	ok "$2: its heir is there" until_true has_heir_role worker
	heir=$(heir)
	refused=$(events upgrade-refused)
}
is_refused() {
	ok "$1: it is refused" until_true at_least upgrade-refused \
	    $((refused + 1))
}

auditor=$(of "$stage_pid" auditor)
keeper=$(of "$stage_pid" keeper)
held_at "$auditor" "the heir's auditor dies"
kill -KILL "$(of "$heir" auditor)"
is_refused "the heir's auditor dies"
kill -CONT "$auditor"
still "the heir's auditor dies"
is "and nobody was ended for it" \
    "$(of "$stage_pid" auditor) $(of "$stage_pid" keeper)" "$auditor $keeper"

held_at "$auditor" "the auditor dies"
kill -KILL "$auditor"
is_refused "the auditor dies"
ok "it comes back" until_true serves
still "the auditor dies"

auditor=$(of "$stage_pid" auditor)
held_at "$(of "$stage_pid" opener)" "the heir dies with the ledger"
ok "the ledger is his" until_true gone "$auditor"
kill -KILL "$heir"
is_refused "the heir dies with the ledger"
ok "the old programs come back" until_true serves
still "the heir dies with the ledger"

auditor=$(of "$stage_pid" auditor)
opener=$(of "$stage_pid" opener)
held_at "$opener" "the opener dies"
ok "the ledger is the heir's" until_true gone "$auditor"
kill -KILL "$opener"
main "the heir goes on without it"
still "the opener dies"

upgrade "once more" 0
kill -KILL "$(of "$stage_pid" auditor)"
ok "an auditor that dies at once comes back" until_true serves

# ---- a filling that has not had its codes yet -------------------------------------

# cold NAME: somebody asks for it. The mills are held, so it stays cold, and he
# waits in the old keeper.
cold() {
	mapfile -t mills < <(gw_pids mill)
	kill -STOP "${mills[@]}"
	(
		body=$gw_top/$1 head=$gw_top/$1.head
		gw TRAIN01 GET "/train/$1.csv"
		echo "$status" >"$gw_top/$1.status"
	) &
	cold_pid=$!
	ok "$1: it is being filled" until_true is_filling "$1"
}
is_filling() {
	"$stage_bin/gatehouse" spool list train \
	    --config "$gw_dir/gatehouse.yaml" >"$gw_top/list" &&
	    grep -q "$1.csv.* being-filled " "$gw_top/list"
}
(umask 022; gw_patients coded.csv 1000 400000)
cold coded
codebook=$(of "$stage_pid" codebook)
upgrade "while codes are wanted" 0
ok "the codebook is another one" gone "$codebook"
kill -CONT "${mills[@]}"
wait $cold_pid
is "the new codebook gives them" "$(<"$gw_top/coded.status")" 200
touch "$gw_dir/data/hospital/patients/coded.csv"
gw TRAIN01 GET /train/coded.csv
is "filled anew, it has the same" "$status $(digest)" \
    "200 $(sha256sum <"$gw_top/coded" | cut -d ' ' -f 1)"

# ---- the spool's new opener dies, while the old programs drain --------------------

# The old keeper's spool is the new programs' by then.
(umask 022; gw_patients cold.csv 1000 300000)
gw TRAIN01 GET /train/huge.csv
huge=$(digest)
rm -f "$gw_top/huge"*
/usr/bin/python3 tests/harness/pausing.py "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" /train/huge.csv "$gw_top/huge" &
slow_pid=$!
until_true test -s "$gw_top/huge"
old=$stage_pid
cold cold
upgrade "meanwhile" 0
openers=$(gw_pids opener | wc -l)
opener=$(of "$stage_pid" opener)
kill -KILL "$opener"
is_back() {
	gone "$opener" && [ "$(gw_pids opener | wc -l)" -eq "$openers" ]
}
ok "the spool's opener comes back" until_true is_back
kill -CONT "${mills[@]}"
wait $cold_pid
is "who waited is told to come again" "$(<"$gw_top/cold.status")" 503
is_served() {
	gw TRAIN01 GET /train/cold.csv
	[ "$status" = 200 ]
}
ok "and has it from the new programs" until_true is_served
touch "$gw_top/huge.go"
wait $slow_pid
is "who read what was there has all of it" \
    "$(sha256sum <"$gw_top/huge" | cut -d ' ' -f 1)" "$huge"
ok "then the old ones end" until_true gone "$old"

# ---- the end ---------------------------------------------------------------------

"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml" >/dev/null
is "it reloads" $? 0
rm -f "$gw_top/huge"*
/usr/bin/python3 tests/harness/pausing.py "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" /train/huge.csv "$gw_top/huge" &
slow_pid=$!
until_true test -s "$gw_top/huge"
old=$stage_pid
upgrade "before the end" 0
kill -TERM "$stage_pid"
until_true not serves
ok "who reads from the one before reads on" kill -0 "$old" $slow_pid
touch "$gw_top/huge.go"
wait $slow_pid
is "to the end" "$(sha256sum <"$gw_top/huge" | cut -d ' ' -f 1)" "$huge"
ok "then all have ended" until_true gone "$old" "$stage_pid"
stage_pid=
gw_settle=0 gw_records >"$gw_top/records"
is "each upgrade that was typed is a record" \
    "$(grep -c '"command": "upgrade"' "$gw_top/records")" \
    "$(($(grep -c '^upgrade-begins' "$log") - 6))"
ok "audit verify" "$stage_bin/gatehouse" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
ok "each intent has its end" /usr/bin/python3 - "$gw_top/records" <<'PY'
import json
import sys

intents, ends = set(), set()
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    if record["kind"] == "intent":
        intents.add(record["request"])
    if record["kind"] in ("complete", "interrupted"):
        assert record["request"] not in ends, record
        ends.add(record["request"])
assert intents == ends, intents ^ ends
PY
ok "no canary in the log" gw_no_canary "$log"
