#!/bin/bash
# `policy new`: what an officer is asked, and what is written of it. Answers come
# from a pipe; a wrong one is asked again with the reason.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
tool=$stage_bin/gatehouse
cd "$gw_top" || exit 1
tool=$OLDPWD/$tool
next=$(date -d '+1 year' +%F)

# new NAME STATUS FILE: the answers are on standard input.
new() {
	local result=0
	"$tool" policy new --out "$3" >out 2>err || result=$?
	is "$1: status" "$result" "$2"
}
check() {
	ok "$1: loads" "$tool" policy check "$2"
}
asked() {
	has "$1" err "$2"
}
cat >patients.csv <<'END'
mrn,name,birth_date,zip,sex,email,note,research,cost
CNRYM1,Ann Lee,1950-01-02,60614,F,ann@x.example,"CNRYT, x",yes,12.5
CNRYM2,Bob Ray,1961-01-02,02139,M,bob@x.example,CNRYT,no,99
END
# The same as the gate reads it: columns by tabs, packed. And what it is not.
sed 's/"CNRYT, x"/CNRYT x/' patients.csv | tr ',' '\t' | gzip -n >patients.tsv.gz
head -c 100 patients.tsv.gz >cut.tsv.gz
tr ',' ';' <patients.csv >semicolons.csv
echo '["CNRYM1"]' >list.jsonl
printf '%s\n' '{"mrn": "CNRYM1"}' '{"mrn": {"is": "CNRYM1"}}' >changing.jsonl

# ---- a hospital, with wrong answers on the way --------------------------------

parties() {
	cat <<-END
		st-anna
		St Anna: the 'old' Hospital
		$1
		privacy@st-anna.example
		lab
		Lab Inc
		$2
		data@lab.example
		trainers
	END
}
hospital() {
	echo 'St Anna' # no name of a party
	parties US US
	cat <<-END

		TRAIN01
		cloud
		U
		US
		Cloud Inc, region 7

		10.0.0.0/8
		203.0.113.0/24
		hospital/patients
		patients
		file://$gw_top/*.csv
		$gw_top/nowhere.csv
		list.jsonl
		changing.jsonl
		semicolons.csv
		cut.tsv.gz
		patients.tsv.gz
		direct-identifier record-number


		quasi-identifier us-zap

		quasi-identifier code


		consent

		nobody
		mrn
		hipaa-safe-harbor
		hipaa-safe-harbor@1
		anna
		$(date +%F)
		study
		A study: of readmissions

		readmission
		DL-1
		pseudonym




		keep




		2020-01-31
	END
	[ "${1-}" = short ] || echo "$next"
}
hospital >answers
new "a hospital" 0 hospital.yaml <answers
asked "a name that is none: why" \
    '  no: a party is named by lower-case letters, digits and dashes, not `St Anna`'
asked "a country that is none: why" '  no: `U` is not a country code'
asked "a private network: why" '  no: .*private addresses, which need a `certificate`'
asked "no sample: why" '  no: the file cannot be read'
asked "JSON Lines of lists: why" '  no: a line of it is no object of JSON'
asked "JSON Lines that change: why" '  no: a place that holds a value in one record'
asked "another delimiter: why" '  no: its names stand apart by another character'
asked "half of a packed file: why" '  no: .*end too early'
asked "no kind: why" '  no: .*us-zap'
asked "no column for the subject: why" '  no: `subject` of a dataset'
asked "no preset: what was meant" '  no: .*did you mean `hipaa-safe-harbor@1`'
asked "no answer: why" '  no: an answer is needed'
asked "no lawful form: why" \
    '  no: `pseudonym` is not lawful for `mrn` under `hipaa-safe-harbor@1`; 45 CFR 164.514\(c\)'
asked "a day that is over: why" '  no: `readmission` has ended'
asked "each question says what for" '^whose data it is'
asked "proposed of values: a date" 'birth_date \[quasi-identifier date\]'
asked "proposed of values: an address for mail" 'email \[direct-identifier email\]'
asked "proposed of a name: a zip" 'zip \[quasi-identifier us-zip\]'
asked "not clear: it would never leave" 'sex \[free-text\]'
asked "proposed for identifiers: nothing" 'mrn \[drop\]'
asked "proposed for a date: the strictest" 'birth_date \[decade\]'
asked "proposed for a zip" 'zip \[zip3\]'
ok "no value of the sample is in it, or shown" gw_no_canary hospital.yaml err
check "a hospital" hospital.yaml
has "a hospital: comments" hospital.yaml '^# Who is asking: proved, never claimed'
has "a hospital: what was typed" hospital.yaml "name: 'St Anna: the ''old'' Hospital'"
"$tool" policy explain --who trainers --read readmission --place cloud \
    hospital.yaml >explained 2>&1
has "a hospital: gives what was answered" explained '^  birth_date +decade; 90'
has "a hospital: and that" explained '^  sex +as it is'
has "a hospital: with consent" explained '^  rows +only with consent: research is'
ok "a hospital: and nothing else" not grep -qE '^  (mrn|name|email|note) ' explained
"$tool" policy check --format json hospital.yaml >checked
ok "a hospital: no warning but what a sample tells" python3 -c '
import json
d = json.load(open("checked"))
assert d["errors"] == 0 and d["warnings"] == 0, d
'

# ---- never over what is there, and never a part --------------------------------

cp hospital.yaml before.yaml
hospital >answers
new "a file that is there" 1 hospital.yaml <answers
has "a file that is there: says so" err 'hospital.yaml: it is there already'
ok "a file that is there: stays" cmp hospital.yaml before.yaml
hospital short >answers
new "the end in the middle" 1 cut.yaml <answers
has "the end in the middle: says so" err 'not all answered; nothing is written$'
ok "the end in the middle: nothing is written" not test -e cut.yaml
for lines in 0 1 5 12 25 33; do
	hospital | head -n $lines >answers
	new "the end after $lines lines" 1 cut.yaml <answers
done
is "whatever was answered by then" "$(ls ./*.yaml)" \
    "$(printf './before.yaml\n./hospital.yaml')"
hospital | "$tool" policy new >stdout.yaml 2>err
ok "without a file: on standard output" cmp stdout.yaml hospital.yaml
"$tool" policy new one two >out 2>err </dev/null
is "no such use" $? 2

# ---- a bank, whose data leaves the EEA: columns typed, a tool asked for ---------

bank() {
	parties DE GB
	cat <<-END
		spiffe://bank/fraud

		cloud
		GB
		Cloud Ltd
		spiffe://cloud/one
		10.1.0.0/16
		bank/cards
		customers
		file:///srv/cards/*.csv

		iban
		direct-identifier iban
		amount
		plain amount

		iban
		gdpr-pseudonymous@1
		legitimate-interests
		LIA-7
		scc
		2
		TIA-9
		card-fraud
		Find fraud
		fraud
		DPA-1
		pseudonym

		$next
	END
}
bank >answers
new "a bank" 0 bank.yaml <answers
check "a bank" bank.yaml
asked "a bank: the tool is asked for" '^GDPR Art. 44: what lets it leave the EEA'
has "a bank: it is in it" bank.yaml '^      tia: TIA-9$'
has "a bank: both kinds of evidence" bank.yaml '^    seen-as: 10.1.0.0/16$'
ok "a hospital: no tool was asked for" not grep -q transfer hospital.yaml
bank | sed 's/^GB$/FR/; /^scc$/,/^TIA-9$/d' >answers
new "a bank that stays" 0 stays.yaml <answers
ok "a bank that stays: no tool is asked for" not grep -q 'Art. 44' err
check "a bank that stays" stays.yaml

# ---- JSON Lines: columns are the places where there are values ------------------

gzip -n >visits.jsonl.gz <<'END'
{"iban": "CNRYDE02", "person": {"email": "ann@x.example", "born": null}}

{"person": {"born": "1950-01-02", "likes": []}, "iban": "CNRYDE03", "a.b": true}
{"visits": [{"on": "2026-01-02", "cost": 3.50}, {"cost": 4, "why": {}}]}
END
lines() {
	bank | sed -e 's/\.csv$/.jsonl.gz/' -e '/^file:/q'
	cat <<-END
		$gw_top/visits.jsonl.gz
		direct-identifier iban





		iban
		gdpr-pseudonymous@1
		legitimate-interests
		LIA-7
		scc
		2
		TIA-9
		visits
		What visits cost
		visits
		DPA-2
		pseudonym





		$next
	END
}
lines >answers
new "JSON Lines" 0 lines.yaml <answers
check "JSON Lines" lines.yaml
asked "a place in an object" 'person\.email \[direct-identifier email\]'
asked "a place that was null first" 'person\.born \[quasi-identifier date\]'
asked "places in a list" 'visits\[\]\.on \[quasi-identifier date\]'
asked "of which the second has another" 'visits\[\]\.cost \[plain amount\]'
asked "a name with a dot in it" 'a\\\.b \[plain flag\]'
ok "no value of them is in it, or shown" gw_no_canary lines.yaml err
"$tool" policy check --sample visits.jsonl.gz --dataset bank/cards lines.yaml \
    >checked 2>&1
is "and they are what files hold" $? 0

# ---- at a terminal --------------------------------------------------------------

hospital >typed
python3 - "$tool" typed terminal.yaml >terminal 2>&1 <<'END'
import os, pty, select, sys
tool, typed, out = sys.argv[1:]
lines = open(typed).read().splitlines()
pid, fd = pty.fork()
if pid == 0:
    os.execv(tool, [tool, "policy", "new", "--out", out])
seen = b""
for line in lines:
    # One answer at a time: a question ends without a line end.
    while not seen.endswith(b": "):
        if not select.select([fd], [], [], 60)[0]:
            sys.exit("no question: " + repr(seen[-300:]))
        seen += os.read(fd, 4096)
    os.write(fd, line.encode() + b"\n")
    seen = b""
try:
    while select.select([fd], [], [], 60)[0] and os.read(fd, 4096):
        pass
except OSError:
    pass
os.close(fd)  # who still asks hears that nobody is there
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
is "typed at a terminal: status" $? 0
ok "typed at a terminal: the same" cmp terminal.yaml hospital.yaml
