#!/bin/bash
# time limit: 240
# A candidate beside the policy in force: each decision that it would have made
# otherwise is in the record of the request and among the sums, and no answer
# changes by it.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_up
tool=$stage_bin/gatehouse
config=(--config "$gw_dir/gatehouse.yaml")
staged=$gw_dir/state/policy/staged

# run NAME STATUS VERB ARGUMENTS...: goes to $gw_top/out and err.
run() {
	local name=$1 wanted=$2 result=0
	shift 2
	"$tool" "$@" "${config[@]}" >"$gw_top/out" 2>"$gw_top/err" ||
	    result=$?
	is "$name: status" "$result" "$wanted"
}
says() {
	has "$1" "$gw_top/out" "$2"
}
# mark: what `records` looks at begins here. Decisions are acknowledged before
# their answers, so nothing has to be waited for.
base=0
mark() {
	base=$("$tool" audit tail "$gw_dir/state/ledger" -n 1 --json |
	    sed 's/^{"index":\([0-9]*\).*/\1/')
}
# records NAME EXPRESSION: true of all records `r` since the mark.
records() {
	"$tool" audit tail "$gw_dir/state/ledger" -n 1000 --json \
	    >"$gw_top/records" 2>&1
	ok "$1" python3 - "$gw_top/records" "$base" "$2" <<'END'
import json, sys
r = [json.loads(line) for line in open(sys.argv[1])]
r = [x["record"] for x in r if x["index"] > int(sys.argv[2])]
flips = [x for x in r if "staged-decision" in x]
def of(object, agreement):
    return [x for x in flips
            if x.get("object") == object and x["agreement"] == agreement]
def line(x):
    return " ".join(str(x.get("staged-" + m, "-"))
                    for m in ("decision", "rule", "reason"))
assert eval(" ".join(sys.argv[3].split())), json.dumps(flips or r[-12:], indent=1)
END
}
# answers FILE: what clients get: status, body, and head but for what names the
# request and its moment.
answers() {
	local who
	while read -r who method path extra; do
		# shellcheck disable=SC2086 # options, or none
		gw "$who" "$method" "$path" $extra
		sed -i 's|<RequestId>[0-9A-F]*</RequestId>||' "$body"
		echo "$who $method $path $status $(sha256sum <"$body")"
		grep -viE '^(x-amz-request-id|x-amz-id-2|x-gatehouse-record|date):' \
		    "$head"
	done >"$1" <<-END
		TRAIN01 GET /train/a.csv
		TRAIN01 HEAD /train/b.csv
		TRAIN01 GET /train?list-type=2
		TRAIN01 GET /pilot/a.csv
		TRAIN01 GET /train/nothing.csv
		BANK01 GET /fraud/cards.csv --source 127.9.0.1
		BANK01 GET /overseas/cards.csv
		STRANGER1 GET /train/a.csv
		TRAIN01 GET /
	END
}

# ---- none ---------------------------------------------------------------------

# Filled by now, so that no answer is of an object that grows.
gw TRAIN01 HEAD '/train?list-type=2'
gw TRAIN01 GET '/train?list-type=2'
gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
answers "$gw_top/without"
run "none" 1 policy staged
has "none: says so" "$gw_top/err" '^gatehouse: no candidate is staged$'
run "no end of none" 1 policy stage --end
records "no record has anything of one" 'flips == [] and "staged-" not in str(r)'

# ---- one that denies a caller, lets another in, and changes a form --------------

mkdir "$gw_top/next"
next=$gw_top/next/policy.yaml
sed "s/who: \\[trainers, cluster\\]/who: cluster/
	s/until: 2026-01-31/until: $(date -d '+1 year' +%F)/
	s/iban: pseudonym/iban: pseudonym/; s/      birth: year/      birth: decade/
	s/columns: {sex: keep}/columns: {diagnosis: group icd.csv}/" \
    "$gw_dir/policy.yaml" >"$next"
printf 'code,chapter\nI10,nine\n' >"$gw_top/next/icd.csv"
mark
run "stage" 0 policy stage "$next"
says "stage: shows whose sums follow" '^candidate +[0-9a-f]{64}$'
digest=$(sed -n 's/^candidate *//p' "$gw_top/out")
is "stage: with its table" "$(ls "$staged")" "$(printf 'icd.csv\npolicy.yaml')"
is "stage: and nothing else beside it" "$(ls "$gw_dir/state/policy")" staged
records "stage: who typed it, and from when on it is asked" "
    [x['uid'] for x in r if x['kind'] == 'admin'
         and x['command'] == 'policy stage'] == [$(id -u)]
    and [x['staged-policy'] for x in r if x['kind'] == 'policy'
         and x.get('command') == 'policy stage'] == ['$digest']"
mark
answers "$gw_top/beside"
ok "each answer is byte for byte what it was" \
    diff "$gw_top/without" "$gw_top/beside"
records "a caller that it denies" "
    [(x['kind'], line(x)) for x in of('a.csv', 'train')] ==
    [('intent', 'denied train not-a-party')]"
records "where its rule stands" "
    [x['staged-rule-at'] for x in of('a.csv', 'train')] ==
    ['policy.yaml:$(grep -n 'id: train$' "$next" | cut -d: -f 1)']"
records "what it would let out" "
    [(x['kind'], x['reason'], line(x)) for x in of('a.csv', 'pilot')] ==
    [('denied', 'expired', 'allowed pilot -')]"
records "what it would give in another form" "
    [(x['kind'], line(x)) for x in of('cards.csv', 'fraud')] ==
    [('intent', 'allowed fraud plan')]"
records "all of them name it, and nothing but these" "
    len(flips) == 6 and {x['staged-policy'] for x in flips} == {'$digest'}
    and of('cards.csv', 'overseas') == []"
run "staged" 0 policy staged
says "staged: how many decisions" '^decisions +8$'
says "staged: of which denied" '^would-be-denied +4$'
says "staged: by agreement, group, place, kind" \
    '^train +trainers +virginia +would-be-denied +4 *$'
says "staged: the one let in" '^pilot +trainers +virginia +would-be-allowed +1 *$'
says "staged: the form" '^fraud +bankers +frankfurt +in-another-form +1 *$'
run "staged, as JSON" 0 policy staged --json
ok "staged, as JSON: the same" python3 - "$gw_top/out" "$digest" <<'END'
import json, sys, time
d = json.load(open(sys.argv[1]))
assert d["candidate"] == sys.argv[2] != d["policy"]
assert 0 <= time.time() - d["since"] < 600
assert sorted((f["agreement"], f["who"], f["place"], f["kind"], f["count"])
              for f in d["flips"]) == [
    ("fraud", "bankers", "frankfurt", "in-another-form", 1),
    ("pilot", "trainers", "virginia", "would-be-allowed", 1),
    ("train", "trainers", "virginia", "would-be-denied", 4)], d
END
gw TRAIN01 GET /train/a.csv
mark
run "explain" 0 policy explain \
    --request "$(sed -n 's/^x-amz-request-id: //p' "$head" | tr -d '\r')"
says "explain: what it would have done" \
    "^  staged +${digest:0:16}…, would have denied it by train \\(policy.yaml:[0-9]+\\): not-a-party\$"

# A form that somebody on this host asks for is a decision, too.
run "preview" 6 preview --agreement pilot --place virginia \
    "$gw_dir/data/hospital/patients/a.csv"
records "preview: what it would have let out" \
    "[(x['command'], line(x)) for x in flips] == [('preview', 'allowed pilot -')]"

# ---- it stays, whatever is read again -------------------------------------------

run "a reload" 0 reload
run "a reload: it is still asked" 0 policy staged
says "a reload: counted anew" '^decisions +0$'
mark
gw TRAIN01 GET /train/a.csv
records "a reload: in the records" "[line(x) for x in flips] == ['denied train not-a-party']"
run "an upgrade" 0 upgrade
stage_pid=$(sed -n 's/^upgrade-done .*pid=//p' "$gw_dir/gatehouse.log" | tail -n 1)
run "an upgrade: it is still asked" 0 policy staged
says "an upgrade: the same one" "^candidate +$digest\$"

# ---- broken ones ------------------------------------------------------------------

sed 's/birth: decade/birth: week/' "$next" >"$gw_top/broken.yaml"
run "a broken one" 3 policy stage "$gw_top/broken.yaml"
has "a broken one: where" "$gw_top/err" 'broken.yaml:[0-9]+:[0-9]+: error'
run "a broken one: changes nothing" 0 policy staged
says "a broken one: asks the one before" "^candidate +$digest\$"
cp "$gw_dir/policy.yaml" "$gw_top/live.yaml"
sed 's/zip: zip3/zip: zip9/' "$gw_top/live.yaml" >"$gw_dir/policy.yaml"
run "no reload" 3 policy stage "$gw_top/live.yaml"
has "no reload: is as it was" "$gw_top/err" 'what was staged before is so still$'
ok "no reload: the files, too" cmp "$next" "$staged/policy.yaml"
cp "$gw_top/live.yaml" "$gw_dir/policy.yaml"
cp "$gw_top/broken.yaml" "$staged/policy.yaml"
run "broken where it lies" 0 reload
has "broken where it lies: a line" "$gw_dir/gatehouse.log" \
    '^staged-refused role=loader path=.*/state/policy/staged status=3$'
run "broken where it lies: there is none" 1 policy staged
answers "$gw_top/after"
ok "broken where it lies: each answer is what it was" \
    diff "$gw_top/without" "$gw_top/after"
stage_stop
gw_start
gw TRAIN01 GET /train/a.csv
is "broken where it lies: it does not keep a gateway from starting" "$status" 200
run "broken where it lies: nor from an upgrade" 0 upgrade
stage_pid=$(sed -n 's/^upgrade-done .*pid=//p' "$gw_dir/gatehouse.log" | tail -n 1)
answers "$gw_top/started"
ok "broken where it lies: and each answer is what it was" \
    diff "$gw_top/without" "$gw_top/started"
chmod 777 "$staged"
run "others can write to it" 0 reload
run "others can write to it: there is none" 1 policy staged
chmod 700 "$staged"

# ---- the end ---------------------------------------------------------------------

run "another one" 0 policy stage "$gw_top/next"
mark
run "the end" 0 policy stage --end
run "the end: there is none" 1 policy staged
is "the end: nothing is left" "$(ls "$gw_dir/state/policy")" ''
gw TRAIN01 GET /train/a.csv
records "the end: who typed it, what ended, and no flips" "
    flips == [] and [(x['uid'], x['staged-policy']) for x in r
        if x.get('command') == 'policy stage --end'] == [($(id -u), '$digest')]"
stage_stop
run "no gateway" 75 policy stage "$next"
is "no gateway: nothing is left" "$(ls "$gw_dir/state/policy")" ''
