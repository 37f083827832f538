#!/bin/bash
# What an officer types about a policy: what is wrong, in which format; what a
# code means; what a change gives to whom; who sees a column. Each command of
# the reference, with its status.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse
dir=$gw_top/policy
mkdir "$dir"
cp tests/vectors/policy/base.yaml "$dir/old.yaml"
printf 'code,chapter\nB20,one\nA41,two\n' >"$dir/icd.csv"
# The base's dates are those of its year: nothing here depends on today but
# what has ended.
sed -i 's/: 2027-/: 2099-/' "$dir/old.yaml"

# run NAME STATUS ARGUMENTS...: what it writes goes to $gw_top/out and err.
run() {
	local name=$1 wanted=$2 status=0
	shift 2
	"$tool" policy "$@" >"$gw_top/out" 2>"$gw_top/err" </dev/null ||
	    status=$?
	is "$name: status" "$status" "$wanted"
}
# change NAME SCRIPT: a policy of that name, by sed.
change() {
	sed "$2" "$dir/old.yaml" >"$dir/$1.yaml"
}
# json NAME EXPRESSION: true of the JSON `d` on stdout.
json() {
	ok "$1" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), d
' "$gw_top/out" "$2"
}

# ---- check, help ----------------------------------------------------------

change bad 's/birth: year/birth: month/; s/who: trainers/who: trainer/'
run "check" 3 check "$dir/bad.yaml"
has "check: the line, and a caret below it" "$gw_top/err" '^ *| *^^^^^$'
has "check: both problems" "$gw_top/err" ': 2 errors, 0 warnings; not loadable$'
run "check, as JSON" 3 check --format json "$dir/bad.yaml"
json "check, as JSON: codes" \
    '[i["code"] for i in d["diagnostics"]] == ["E104", "E201"] and not d["loadable"]'
run "check, for GitHub" 3 check --format github "$dir/bad.yaml"
has "check, for GitHub: a command" "$gw_top/out" \
    '^::error file=.*bad.yaml,line=[0-9]*,col=14,endColumn=19,title=E201::'
run "check, as SARIF" 3 check --format sarif "$dir/bad.yaml"
# Of OASIS SARIF 2.1.0, by the numbers of its sections: what must be there, what
# its values may be, and that nothing else is.
ok "check, as SARIF: what the standard requires" python3 - "$gw_top/out" <<'END'
import json, re, sys
log = json.load(open(sys.argv[1], encoding="utf-8"))
def members(thing, required, optional=""):
    have, needed = set(thing), set(required.split())
    assert needed <= have <= needed | set(optional.split()), thing
def message(thing):  # 3.11: text, and no member of another form beside it
    members(thing, "text")
    assert isinstance(thing["text"], str) and thing["text"]
members(log, "version runs", "$schema")  # 3.13
assert log["version"] == "2.1.0"  # 3.13.2
assert log["$schema"].endswith("/sarif-2.1.0.json")  # 3.13.3
assert len(log["runs"]) == 1  # 3.13.4
run = log["runs"][0]
members(run, "tool results columnKind", "properties")  # 3.14.6, 3.14.23
assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
members(run["tool"], "driver")  # 3.18.2
driver = run["tool"]["driver"]
members(driver, "name rules", "version")  # 3.19.8, 3.19.23
assert driver["name"]
ids = [rule["id"] for rule in driver["rules"]]
assert len(ids) == len(set(ids)) and all(ids)  # 3.19.23, 3.49.3
levels = ("none", "note", "warning", "error")
for rule in driver["rules"]:
    members(rule, "id shortDescription fullDescription help defaultConfiguration")
    for text in ("shortDescription", "fullDescription", "help"):
        message(rule[text])  # 3.49.9, .10, .13; 3.12.3
    members(rule["defaultConfiguration"], "level")  # 3.49.14
    assert rule["defaultConfiguration"]["level"] in levels  # 3.50.3
assert len(run["results"]) == 2
def located(place, optional=""):
    members(place, "physicalLocation", optional)  # 3.28
    physical = place["physicalLocation"]
    members(physical, "artifactLocation region")  # 3.29.3, 3.29.4
    members(physical["artifactLocation"], "uri")  # 3.4.3: a URI, RFC 3986
    assert re.fullmatch(r"file:///([A-Za-z0-9._~/-]|%[0-9A-F]{2})+",
                        physical["artifactLocation"]["uri"])
    region = physical["region"]
    members(region, "startLine startColumn endColumn")
    assert all(type(n) is int and n >= 1 for n in region.values())  # 3.30.5, .6
    assert region["endColumn"] > region["startColumn"]  # 3.30.8
for result in run["results"]:
    members(result, "ruleId level message locations", "relatedLocations")
    assert result["ruleId"] in ids  # 3.27.5
    assert result["level"] in levels  # 3.27.10
    message(result["message"])  # 3.27.11
    assert len(result["locations"]) == 1  # 3.27.12
    located(result["locations"][0])
    for place in result.get("relatedLocations", []):  # 3.27.22
        located(place, "message")
        message(place["message"])
END
# What is said of a file as a whole, with what else there is to say.
echo none >"$dir/none.yaml"
cp "$gw_top/out" "$gw_top/bad.sarif"
run "check, as SARIF: of a file" 3 check --format sarif "$dir/none.yaml"
json "check, as SARIF: it has a line, too" \
    'all(r["locations"][0]["physicalLocation"]["region"]["startLine"] == 1 for r in d["runs"][0]["results"])'
cp "$gw_top/out" "$gw_top/none.sarif"

# By the schema of the standard, and by the rules of a code host, in the tool of
# those who write them. It finds that we have no address on the web, which shows
# that it reads; it would ask the network whether the schema is there.
multitool=build/extras/sarif/node_modules/@microsoft/sarif-multitool-linux
hosted() {
	DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 HTTPS_PROXY=http://127.0.0.1:9 \
	    "$multitool/Sarif.Multitool" validate "$1" --rule-kind 'Sarif;Gh;Ghas' \
	    --level 'Error;Warning' >"$gw_top/hosted" 2>&1
}
if [ -d build/extras/sarif ]; then
	ok "check, as SARIF: by the schema" node - "$multitool" \
	    "$gw_top/bad.sarif" "$gw_top/none.sarif" <<-'END'
		const [tool, ...logs] = process.argv.slice(2);
		const modules = require("path").resolve(tool, "../..") + "/";
		const read = (name) => JSON.parse(require("fs").readFileSync(name));
		const Ajv = require(modules + "ajv/dist/2020");
		const ajv = new Ajv({strict: false, allErrors: true});
		require(modules + "ajv-formats")(ajv);
		const valid = ajv.compile(read(tool + "/sarif-2.1.0.json"));
		for (const log of logs.map(read)) {
		  if (!valid(log)) throw new Error(JSON.stringify(valid.errors));
		  log.runs[0].results[0].level = "fatal";
		  if (valid(log)) throw new Error("the schema takes anything");
		}
	END
	chmod +x "$multitool/Sarif.Multitool"
	for log in bad none; do
		hosted "$gw_top/$log.sarif"
		is "check, as SARIF: a code host takes $log" "$(grep -oE \
		    '(error|warning) [A-Z]+[0-9]+' "$gw_top/hosted")" \
		    "warning SARIF2005"
	done
	sed 's/,"region":{[^}]*}//g' "$gw_top/none.sarif" >"$gw_top/wrong.sarif"
	hosted "$gw_top/wrong.sarif"
	has "check, as SARIF: as it takes no other" "$gw_top/hosted" \
	    'warning SARIF2017.*region'
else
	skip 4 "no multitool for SARIF (GATEHOUSE_TEST_EXTRA=1)"
fi
run "check, as nothing that there is" 2 check --format xml "$dir/bad.yaml"
run "help" 0 help E201
has "help: what to do" "$gw_top/out" '^What to do:$'
run "help, of all" 0 help
has "help, of all: each" "$gw_top/out" '^W304  '
run "help, of no code" 2 help E999

# ---- diff, who-sees --------------------------------------------------------

run "diff with itself" 0 diff "$dir/old.yaml" "$dir/old.yaml"
has "diff with itself: nothing" "$gw_top/out" '^0 wider, 0 narrower\.$'
change narrow 's/nights: band 2/nights: band 4/'
run "a coarser form" 0 diff "$dir/old.yaml" "$dir/narrow.yaml"
has "a coarser form: narrower" "$gw_top/out" \
    '^trainers  readmission  virginia  narrower  nights: band of 2 -> band of 4'
run "and back" 5 diff "$dir/narrow.yaml" "$dir/old.yaml"
has "and back: who signs" "$gw_top/out" \
    '^1 wider, 0 narrower\. Wider for clinic: needs the signature of clinic\.$'
change wide 's/until: 2099-06/until: 2100-06/; s/    place-not-in: EEA/    place: virginia/'
run "a later end, another guardrail" 5 diff --json "$dir/old.yaml" "$dir/wide.yaml"
json "a later end: as JSON" \
    '[(c["term"], c["old"], c["new"]) for c in d["changes"] if c.get("term") == "until"] == [("until", "2099-06-30", "2100-06-30")]'
json "another guardrail: WIDER" \
    '[c["verdict"] for c in d["changes"] if c.get("term") == "bank-stays"] == ["WIDER"]'
json "for the bank alone" 'd["needs-signature-of"] == [{"party": "bank", "signers": []}]'
sed 's/^people:/signers:\n  eva:\n    of: bank\n    key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFOthc6vG1tMOf9wdif28U69xQgZ9cPtu\/u7+huQWwkx\n  anna:\n    of: clinic\n    key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPGyTYiE+h+nGnQsTeXcaxURGQ+3+9J2C5+1uNbPeYAq\n&/' \
    "$dir/old.yaml" >"$dir/signed.yaml"
sed 's/until: 2099-06/until: 2100-06/' "$dir/signed.yaml" >"$dir/later.yaml"
run "a later end, with signers" 5 diff "$dir/signed.yaml" "$dir/later.yaml"
has "a later end, with signers: who signs" "$gw_top/out" \
    '^1 wider, 0 narrower\. Wider for bank: needs the signature of eva\.$'
sed 's/access-key: TRAIN01/access-key: TRAIN02/' "$dir/old.yaml" >"$dir/people.yaml"
run "another key" 5 diff "$dir/old.yaml" "$dir/people.yaml"
has "another key: where it stands" "$gw_top/out" \
    '^trainers  -  -  WIDER     people: TRAIN01 -> TRAIN02  \(.*people.yaml:[0-9]+\)$'
run "diff of what does not load" 3 diff "$dir/old.yaml" "$dir/bad.yaml"
run "diff of one" 2 diff "$dir/old.yaml"
run "diff with what is served" 5 diff --config "$gw_dir/gatehouse.yaml" \
    live "$dir/old.yaml"

run "who sees a dataset" 0 who-sees bank/cards "$dir/old.yaml"
has "who sees a dataset: who, where, until" "$gw_top/out" \
    '^fraud-team reading s3://fraud/ from frankfurt  until 2099-06-30  \('
has "who sees a dataset: in which form" "$gw_top/out" '^  iban: keyed code'
run "who sees a column" 0 who-sees --json hospital/patients.zip "$dir/old.yaml"
json "who sees a column: one" \
    '[(r["who"], r["place"], r["column"]) for r in d] == [("trainers", "virginia", "zip")]'
run "who sees a name" 0 who-sees hospital/patients.note "$dir/old.yaml"
has "who sees a note: nobody" "$gw_top/out" '^nobody$'
run "who sees what is not there" 2 who-sees hospital/doctors "$dir/old.yaml"

# ---- fmt -------------------------------------------------------------------

mkdir "$dir/messy"
sed 's/^    gdpr: /    gdpr:     /; s/^  - id: fraud$/\n\n&  # the bank/' \
    "$dir/old.yaml" >"$dir/messy/a.yaml"
chmod 640 "$dir/messy/a.yaml"
cp "$dir/icd.csv" "$dir/messy/"
ln -s a.yaml "$dir/messy/link"
cp "$dir/messy/a.yaml" "$gw_top/before"
run "fmt --check" 1 fmt --check "$dir/messy"
has "fmt --check: names it" "$gw_top/err" 'a.yaml: not formatted$'
ok "fmt --check: changes nothing" cmp "$gw_top/before" "$dir/messy/a.yaml"
run "fmt --diff" 1 fmt --diff "$dir/messy/a.yaml"
cp "$gw_top/out" "$gw_top/patch"
ok "fmt --diff: changes nothing" cmp "$gw_top/before" "$dir/messy/a.yaml"
run "fmt" 0 fmt "$dir/messy/link"
ok "fmt: keeps the link" test -L "$dir/messy/link"
is "fmt: keeps the mode" "$(stat -c %a "$dir/messy/a.yaml")" 640
is "fmt: leaves nothing else" "$(ls "$dir/messy")" "$(printf 'a.yaml\nicd.csv\nlink')"
has "fmt: keeps the comment" "$dir/messy/a.yaml" '^  - id: fraud # the bank$'
run "fmt, again" 0 fmt --check "$dir/messy/a.yaml"
run "the same policy" 0 diff "$dir/old.yaml" "$dir/messy/a.yaml"
# The lines that were shown to go and to come are those that did.
ok "fmt --diff: is what fmt does" python3 - "$gw_top" "$dir/messy/a.yaml" <<'END'
import sys
top, after = sys.argv[1:]
old = open(top + "/before").read().split("\n")
got, at = [], 0
for line in open(top + "/patch").read().split("\n")[2:]:
    if line.startswith("@@"):
        start, num = line.split()[1][1:].split(",")
        start = int(start) - (int(num) > 0)
        got += old[at:start]
        at = start
    elif line:
        assert line[0] == "+" or line[1:] == old[at], (line, old[at])
        at += line[0] != "+"
        got += [line[1:]] if line[0] != "-" else []
got += old[at:]
assert "\n".join(got) == open(after).read()
END
printf 'a: [b\n' >"$dir/broken.yaml"
run "fmt of what is no YAML" 3 fmt "$dir/broken.yaml"
is "fmt of what is no YAML: as it was" "$(cat "$dir/broken.yaml")" 'a: [b'

# ---- check --sample --------------------------------------------------------

mkdir -p "$gw_top/raw"
cat >"$gw_top/raw/cards.csv" <<'END'
iban,merchant,amount,objected,extra
DE89370400440532013000,Shop,12.50,no,x
DE89370400440532013001,cnry@canary.example,7,no,x
,079-05-1120,x1,no,x
GB29 NWBK 6016 1331 9268 19,4111 1111 1111 1111,3,no,x
END
run "a sample" 0 check --sample "$gw_top/raw/cards.csv" --dataset bank/cards \
    "$dir/old.yaml"
ok "a sample: counts, kinds, what looks like an identifier" cmp "$gw_top/out" - <<'END'
bank/cards: 4 rows
  iban: direct-identifier iban; 3 values, 2 fit, 1 missing
  merchant: plain text; 4 values, 4 fit, 0 missing
    warning: 1 of them look like the kind card, which identifies people
    warning: 1 of them look like the kind ssn, which identifies people
    warning: 1 of them look like the kind email, which identifies people
  amount: plain amount; 4 values, 3 fit, 0 missing
  objected: objection; 4 values, 4 fit, 0 missing
  1 columns are not declared, and never leave
END
ok "a sample: no value is shown" not grep -qi cnry "$gw_top/out" "$gw_top/err"
run "a sample of nobody knows whom" 2 check --sample "$gw_top/raw/cards.csv" \
    "$dir/old.yaml"
sed "s|/data/bank/|$gw_top/raw/|" "$dir/old.yaml" >"$dir/raw.yaml"
run "a sample below an origin" 0 check --sample "$gw_top/raw/cards.csv" "$dir/raw.yaml"
has "a sample below an origin: whose it is" "$gw_top/out" '^bank/cards: 4 rows$'
run "a sample of others" 0 check --sample "$gw_top/raw/cards.csv" \
    --dataset hospital/patients "$dir/old.yaml"
has "a sample of others: nothing is there" "$gw_top/out" \
    'warning: 9 declared columns are not in the file$'
printf 'iban,merchant\n1,2,3\n' >"$gw_top/raw/odd.csv"
run "a sample that is no such file" 1 check --sample "$gw_top/raw/odd.csv" \
    --dataset bank/cards "$dir/old.yaml"

# ---- test ------------------------------------------------------------------

cat "$dir/old.yaml" - >"$dir/tested.yaml" <<'END'
tests:
  - name: year and three digits
    ask: {who: trainers, read: readmission, place: virginia, on: 2026-12-01}
    row: {mrn: A-1, birth: 1961-03-09, age: 65, zip: 60614, sex: F, diagnosis: B20, nights: 3, research: yes}
    get: {mrn: dropped, birth: 1961, zip: 606, sex: F, diagnosis: one, nights: 2}
  - name: no consent, no row
    ask: {who: trainers, read: readmission, place: virginia, on: 2026-12-01}
    row: {mrn: A-2, birth: 1961-03-09, age: 65, zip: 60614, sex: F, diagnosis: B20, nights: 3, research: no}
    get: no row
  - name: the bank stays
    ask: {who: fraud-team, read: fraud, place: virginia, on: 2026-12-01}
    get: denied
  - name: a code for an account
    ask: {who: fraud-team, read: fraud, place: frankfurt, on: 2026-12-01}
    row: {iban: DE89370400440532013000, merchant: "a, \"b\"", amount: 1.50, objected: no}
    get: {iban: pseudonym, merchant: "a, \"b\"", amount: 1.50}
  - name: after the last day
    ask: {who: trainers, read: readmission, place: virginia, on: 2100-01-01}
    get: denied
END
run "test" 0 test "$dir/tested.yaml"
cp "$gw_top/out" "$gw_top/tested"
has "test: each of them" "$gw_top/out" '^passed   a code for an account  \(.*tested.yaml:[0-9]*\)$'
has "test: what no test shows" "$gw_top/out" '^no test shows  readmission: age$'
has "test: how many" "$gw_top/out" \
    '^5 passed, 0 failed, 0 not run; 8 of 9 columns of agreements are shown by a test$'
# fails NAME SCRIPT WHY: with one change of it, one test fails, and says why.
fails() {
	sed "$2" "$dir/tested.yaml" >"$dir/failing.yaml"
	run "test, $1" 4 test "$dir/failing.yaml"
	has "test, $1: why" "$gw_top/out" "^FAILED .*: $3\$"
}
# shellcheck disable=SC2016 # the quotes of a message
fails "another form" 's/nights: band 2/nights: band 4/' 'nights is `0`, not `2`'
fails "consent not asked" 's/for: \[readmission\]/for: [card-fraud]/' 'the row leaves'
fails "a row that is withheld" 's/amount: 1.50, objected: no}/amount: 1.50, objected: yes}/' '[a-z ]*objection[a-z ]*'
fails "nobody denies" 's/read: fraud, place: virginia/read: fraud, place: frankfurt/' \
    'it is allowed'
run "test, as JSON" 0 test --json "$dir/tested.yaml"
json "test, as JSON: results and coverage" \
    'd["passed"] == 5 and [c["column"] for c in d["coverage"] if not c["shown"]] == ["age"]'
