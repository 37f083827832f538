# shellcheck shell=bash
# lib.sh: what the scenarios share. A scenario sources it, calls gw_up, and
# makes TAP points by ok, is and has; the plan is printed at the end.
#
#	gw_data            a hospital and a bank, small, every secret a canary
#	gw_up              data, keys, policy, configuration, a running gateway
#	gw KEY METHOD PATH [s3client options]    sets status, body, head
#	gw_log             what the gateway wrote to its standard error
#
# A canary is a word that begins with CNRY: gw_no_canary FILE ... is the test
# that none came out.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
umask 077
export PYTHONDONTWRITEBYTECODE=1

# shellcheck source=deploy/demo/stage.sh
. deploy/demo/stage.sh

gw_top=$(mktemp -d "${GATEHOUSE_TEST_TMP:-${TMPDIR:-/tmp}}/s.XXXXXX")
chmod 711 "$gw_top"
[ -z "${GATEHOUSE_TEST_TMP-}" ] || chmod 711 "$GATEHOUSE_TEST_TMP"
gw_dir=$gw_top/gw
url=
status='' body=$gw_top/body head=$gw_top/head

# ---- TAP -------------------------------------------------------------------

tap_number=0
tap_failures=0

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1
	shift
	tap_number=$((tap_number + 1))
	if "$@" >"$gw_top/said" 2>&1; then
		echo "ok $tap_number - $name"
	else
		echo "not ok $tap_number - $name"
		head -n 20 "$gw_top/said" | sed 's/^/#   /'
		tap_failures=$((tap_failures + 1))
	fi
}

# shown NAME COMMAND...: as ok, and what it said stands in the log.
shown() {
	ok "$@"
	sed 's/^/# /' "$gw_top/said"
}

# is NAME GOT WANTED
is() {
	tap_number=$((tap_number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_number - $1"
	else
		echo "not ok $tap_number - $1"
		printf '#   got:    %s\n#   wanted: %s\n' "$2" "$3"
		tap_failures=$((tap_failures + 1))
	fi
}

# has NAME FILE PATTERN: an extended pattern, in any case.
has() {
	ok "$1" grep -qaiE -- "$3" "$2"
}

not() {
	! "$@"
}

# skip COUNT REASON: points that cannot be made here.
skip() {
	local i
	for ((i = 0; i < $1; i++)); do
		tap_number=$((tap_number + 1))
		echo "ok $tap_number - # SKIP $2"
	done
}

# Lines "ok NAME" or "not ok NAME" of another program become points of ours.
tap_from() {
	local line count=0
	while IFS= read -r line; do
		case $line in
		'ok '*)
			tap_number=$((tap_number + 1))
			echo "ok $tap_number - ${line#ok }"
			count=$((count + 1))
			;;
		'not ok '*)
			tap_number=$((tap_number + 1))
			echo "not ok $tap_number - ${line#not ok }"
			tap_failures=$((tap_failures + 1))
			;;
		'all points made') count=-1 ;;
		*) echo "# $line" ;;
		esac
	done < <("$@" 2>&1 && echo "all points made")
	is "$(basename "$1") ${2##*/} came to its end" $count -1
}

gw_end() {
	local code=$?
	trap '' INT TERM
	stage_stop || code=1
	# What the gateway said is the first thing that one wants to see.
	if [ $tap_failures -gt 0 ] && [ -f "$gw_dir/gatehouse.log" ]; then
		tail -n 20 "$gw_dir/gatehouse.log" | sed 's/^/# log: /'
	fi
	[ -n "${GATEHOUSE_TEST_KEEP-}" ] || rm -rf "$gw_top"
	[ $code -ne 0 ] || echo "1..$tap_number"
	[ $tap_failures -eq 0 ] || code=1
	exit $code
}
trap gw_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- data, policy, configuration -------------------------------------------

# gw_patients NAME ROWS [FROM]: every third said no, every fifth is over 90. In
# one step: a reader sees the old file or the new one.
gw_patients() {
	awk -v rows="$2" -v from="${3-0}" 'BEGIN {
		print "mrn,name,birth_date,zip,sex,diagnosis,phone,note,research"
		for (i = from; i < from + rows; i++)
			printf "CNRYM%07d,CNRYN%07d,%d-%02d-%02d,%05d,%s,%s,%s,%s,%s\n",
			    i, i, i % 5 ? 1940 + i % 60 : 1925, 1 + i % 12,
			    1 + i % 28, i % 7 ? 60600 + i % 90 : 3601,
			    i % 2 ? "F" : "M", "I" 10 + i % 60,
			    "CNRYP" i, "\"CNRYT, \"\"" i "\"\"\nsecond line\"",
			    i % 3 ? "yes" : "no"
	}' >"$gw_dir/data/new"
	mv "$gw_dir/data/new" "$gw_dir/data/hospital/patients/$1"
}

gw_data() {
	(
	umask 022
	mkdir -p "$gw_dir/data/hospital/patients" "$gw_dir/data/hospital/broken" \
	    "$gw_dir/data/bank/cards"
	gw_patients a.csv 40
	gw_patients b.csv 25 100
	gw_patients big.csv 60000 1000
	gw_patients 'odd name+%.csv' 3 90000
	printf 'mrn,name,birth_date,zip,sex,diagnosis,phone,note,research\n' \
	    >"$gw_dir/data/hospital/patients/none.csv"
	awk 'BEGIN {
		print "iban,holder,birth,postcode,amount,merchant,objected,is_fraud"
		for (i = 0; i < 200; i++)
			printf "CNRYI%04d,CNRYH%04d,%d-05-06,2%04d,%d.50,Shop %d,%s,%d\n",
			    i % 40, i % 40, 1950 + i % 50, i, i, i % 9,
			    i % 10 ? "no" : "yes", i % 50 == 0
	}' >"$gw_dir/data/bank/cards/cards.csv"
	{
		echo mrn,birth_date,research
		echo CNRYM1,1950-01-01,yes
		echo CNRYM2,1950-01-01,yes,CNRYX
	} >"$gw_dir/data/hospital/broken/early.csv"
	{
		echo mrn,birth_date,research
		awk 'BEGIN { for (i = 0; i < 200000; i++)
			printf "CNRYM%d,1950-01-01,yes\n", i }'
		echo 'CNRYM2,"1950-01-01,yes'
	} >"$gw_dir/data/hospital/broken/late.csv"
	{
		echo mrn,research
		echo CNRYM1,yes
	} >"$gw_dir/data/hospital/broken/column.csv"
	)
}

gw_policy() {
	local next
	next=$(date -d '+1 year' +%F)
	cat <<-YAML
	policy: {name: scenario, format: 1, time-zone: UTC}
	parties:
	  st-anna: {name: St Anna, country: US, role: controller, contact: x@y.example}
	  nordbank: {name: Nordbank, country: DE, role: controller, contact: x@y.example}
	  lab: {name: Lab, country: US, role: recipient, contact: x@y.example}
	  shop: {name: Shop, country: DE, role: processor, contact: x@y.example}
	people:
	  trainers:
	    - access-key: TRAIN01
	  cluster:
	    - access-key: GPU01
	      certificate: spiffe://st-anna/ml/trainer
	  bankers:
	    - access-key: BANK01
	places:
	  virginia: {country: US, operator: here, seen-as: [127.0.0.1/32]}
	  frankfurt: {country: DE, operator: there, seen-as: [127.9.0.1/32]}
	purposes:
	  study: {say: A study, hipaa: safe-harbor}
	  card-fraud:
	    say: Find fraud
	    gdpr: legitimate-interests
	    assessment: LIA-1
	datasets:
	  hospital/patients:
	    controller: st-anna
	    about: patients
	    origin: file://$gw_dir/data/hospital/patients/*.csv
	    protect: hipaa-safe-harbor@1
	    no-actual-knowledge: {signed-by: anna, on: $(date +%F)}
	    columns:
	      mrn: direct-identifier record-number, subject
	      name: direct-identifier name
	      birth_date: quasi-identifier date
	      zip: quasi-identifier us-zip
	      sex: quasi-identifier code
	      diagnosis: sensitive code
	      phone: direct-identifier phone
	      note: free-text
	      research: {is: consent, for: [study]}
	  hospital/broken:
	    controller: st-anna
	    about: patients
	    origin: file://$gw_dir/data/hospital/broken/*.csv
	    protect: hipaa-safe-harbor@1
	    no-actual-knowledge: {signed-by: anna, on: $(date +%F)}
	    columns:
	      mrn: direct-identifier record-number, subject
	      birth_date: quasi-identifier date
	      research: {is: consent, for: [study]}
	  bank/cards:
	    controller: nordbank
	    about: customers
	    origin: file://$gw_dir/data/bank/cards/*.csv
	    protect: gdpr-pseudonymous@1
	    columns:
	      iban: direct-identifier iban, subject
	      holder: direct-identifier name
	      birth: quasi-identifier date
	      postcode: quasi-identifier postcode
	      amount: plain amount
	      merchant: plain text
	      objected: {is: objection, for: [card-fraud]}
	      is_fraud: plain flag
	never:
	  - id: bank-stays-in-eea
	    say: Bank customer data does not leave the EEA
	    dataset: bank/*
	    place-not-in: EEA
	allow:
	  - id: train
	    who: [trainers, cluster]
	    recipient: lab
	    contract: C-1
	    dataset: hospital/patients
	    purpose: study
	    places: [virginia]
	    columns: {birth_date: year, zip: zip3, sex: keep, diagnosis: prefix 3}
	    until: $next
	  - id: sealed
	    who: cluster
	    recipient: lab
	    contract: C-1
	    dataset: hospital/patients
	    purpose: study
	    places: [virginia]
	    columns: {birth_date: decade, sex: keep}
	    encrypt: age
	    recipients: [$(age-keygen -y "$gw_dir/identity.txt")]
	    until: $next
	  - id: broken
	    who: trainers
	    recipient: lab
	    contract: C-1
	    dataset: hospital/broken
	    purpose: study
	    places: [virginia]
	    columns: {birth_date: year}
	    until: $next
	  - id: pilot
	    who: trainers
	    recipient: lab
	    contract: C-0
	    dataset: hospital/patients
	    purpose: study
	    places: [virginia]
	    columns: {sex: keep}
	    until: 2026-01-31
	  - id: fraud
	    who: bankers
	    recipient: shop
	    contract: C-2
	    dataset: bank/cards
	    purpose: card-fraud
	    places: [frankfurt]
	    columns:
	      iban: pseudonym
	      birth: year
	      postcode: prefix 2
	      amount: keep
	      merchant: keep because merchants are companies
	      is_fraud: keep
	    until: $next
	  - id: overseas
	    who: bankers
	    recipient: shop
	    contract: C-2
	    dataset: bank/cards
	    purpose: card-fraud
	    places: [virginia]
	    columns: {amount: keep}
	    until: $next
	YAML
}

gw_config() {
	cat <<-YAML
	listen: [127.0.0.1:$stage_port]
	hosts: [localhost]
	region: eu-central-1
	tls:
	  certificate: $gw_dir/tls/server.pem
	  key: $gw_dir/tls/server.key
	  client-ca: $gw_dir/tls/ca.pem
	  clients: optional
	policy: $gw_dir/policy.yaml
	state: $gw_dir/state
	run: $gw_dir/run
	keys: $gw_dir/keys
	workers: 2
	mills: 2
	ledger: {name: scenario.example/ledger}
	metrics: ${gw_metrics-off}
	spool: {size: 512M, wait-s: 45}
	YAML
}

# Everything but the start.
gw_make() {
	local key
	mkdir -p "$gw_dir"
	stage_new "$gw_dir"
	url=https://127.0.0.1:$stage_port
	gw_data
	age-keygen -o "$gw_dir/identity.txt" 2>/dev/null
	gw_policy >"$gw_dir/policy.yaml"
	gw_config >"$gw_dir/gatehouse.yaml"
	stage_init >"$gw_top/said" 2>&1 || {
		sed 's/^/# init: /' "$gw_top/said"
		echo "Bail out! gatehouse init failed"
		exit 1
	}
	for key in TRAIN01 GPU01 BANK01 STRANGER1; do
		stage_key $key
	done
	# A key of which the gateway has never heard.
	mkdir "$gw_top/foreign"
	mv "$gw_dir/keys/s3/STRANGER1" "$gw_top/foreign/"
}

# gw_long_ledger RECORDS TAIL: before the first start, a ledger of a while, of
# which so many records lie in the journal alone.
gw_long_ledger() {
	local ledger=$gw_dir/state/ledger
	sed -i 's,scenario.example/ledger,gate.example/ledger,' \
	    "$gw_dir/gatehouse.yaml"
	rm "$gw_dir/keys/ledger.key" "$gw_dir/keys/ledger.vkey"
	mkdir -p "$ledger"
	ok "a ledger of $1 records" build/release/tests/make_ledger \
	    "$ledger" "$1" "$2" 0 "$gw_dir/keys/ledger.key"
	install -m 644 "$gw_top/said" "$gw_dir/keys/ledger.vkey"
	chmod -R g=rX "$ledger"
	[ "$(id -u)" -ne 0 ] || chown -R 64001:64001 "$ledger"
}

gw_start() {
	if ! stage_begin "$@" 2>"$gw_top/said"; then
		sed 's/^/# start: /' "$gw_top/said"
		echo "Bail out! the gateway does not start"
		exit 1
	fi
}

gw_up() {
	gw_make
	gw_start
}

# gw_tool VERB...: a command for the gateway; `status` is its own, and what it
# says lies in out and err.
gw_tool() {
	local code=0
	"$stage_bin/gatehouse" "$@" --config "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/out" 2>"$gw_top/err" || code=$?
	status=$code
}

gw_secret_file() {
	local file=$gw_dir/keys/s3/$1
	[ -e "$file" ] || file=$gw_top/foreign/$1
	echo "$file"
}

# gw KEY METHOD PATH [OPTION...]: KEY "-" sends no signature.
gw() {
	local who=() key=$1 method=$2 path=$3
	shift 3
	[ "$key" = - ] || who=(--key "$key" --secret-file "$(gw_secret_file "$key")")
	rm -f "$body" "$head"
	status=$(/usr/bin/python3 tests/harness/s3client.py \
	    --ca "$gw_dir/tls/ca.pem" "${who[@]}" --output "$body" \
	    --dump-head "$head" "$@" "$method" "$url$path")
	status=${status:-none}
	touch "$body" "$head"
}

gw_aws() {
	local key=$1
	shift
	printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \
	    "$key" "$key" "$(<"$(gw_secret_file "$key")")" >"$gw_top/credentials"
	AWS_SHARED_CREDENTIALS_FILE=$gw_top/credentials AWS_PROFILE=$key \
	    AWS_CA_BUNDLE=$gw_dir/tls/ca.pem AWS_DEFAULT_REGION=eu-central-1 \
	    AWS_EC2_METADATA_DISABLED=true AWS_PAGER='' AWS_MAX_ATTEMPTS=1 \
	    /usr/bin/aws --endpoint-url "$url" "$@"
}

# gw_until_served [TRIES]: the gateway comes back by itself, soon.
gw_until_served() {
	local tries
	for ((tries = 0; tries < ${1-100}; tries++)); do
		gw TRAIN01 GET /train/a.csv
		[ "$status" != 200 ] || return 0
		sleep 0.1
	done
	echo "# it is $status"
	return 1
}

# The record that a response names, by its header; from the ledger itself.
gw_record() {
	local index
	index=$(sed -n 's/^x-gatehouse-record: //p' "${1-$head}")
	gw_records | sed -n "$((index + 1))p"
}

# All records, once the checkpoint has caught up with them.
gw_records() {
	sleep "${gw_settle-1.5}"
	/usr/bin/python3 tests/harness/ledgerread.py "$gw_dir/state/ledger" \
	    "$gw_dir/keys/ledger.vkey"
}

gw_no_canary() {
	! grep -rlaE 'CNRY[A-Z][0-9]|CNRYT' "$@"
}

# gw_pids ROLE: its processes, by the name that they were started under: which
# program it is, is not for others than root to see.
gw_pids() {
	local pid name
	for pid in $(stage_family "$stage_pid"); do
		# One that has ended meanwhile has none.
		name=
		IFS= read -r -d '' name 2>/dev/null <"/proc/$pid/cmdline"
		[[ $name != gatehouse-$1 && $name != */gatehouse-$1 ]] ||
		    echo "$pid"
	done
}
