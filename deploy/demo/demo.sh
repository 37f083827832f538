#!/bin/bash
# demo.sh [--stay]: a hospital and a bank, a gateway, and what a training job
# gets. Every step is checked; the status is 0 only if all of them hold.
# With --stay the gateway stays up until it is interrupted.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 TZ=UTC
unset "${!AWS_@}" http_proxy https_proxy all_proxy no_proxy \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY GATEHOUSE_CONFIG
umask 077

# shellcheck source=deploy/demo/stage.sh
. deploy/demo/stage.sh

stay=
case ${1-} in
--stay) stay=1 ;;
'') ;;
*)
	echo "usage: demo.sh [--stay]" >&2
	exit 2
	;;
esac

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$'\e[1m' plain=$'\e[0m'
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-demo.XXXXXX")
end() {
	local status=$?
	trap '' INT TERM
	stage_stop || status=1
	rm -rf "$dir"
	exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

typed() {
	printf '  $ %s\n' "$*"
}

fail() {
	echo "FAILED: $*" >&2
	tail -n 5 "$dir/gatehouse.log" >&2 2>/dev/null || true
	exit 1
}

# ---- the stage -------------------------------------------------------------

prepare() {
	local key today next last recipient
	stage_new "$dir"
	(umask 022; /usr/bin/python3 deploy/demo/generate.py "$dir/data")
	mkdir "$dir/home"
	HOME=$dir/home
	export HOME
	age-keygen -o "$dir/home/identity.txt" 2>/dev/null
	recipient=$(age-keygen -y "$dir/home/identity.txt")
	today=$(date +%F) next=$(date -d '+1 year' +%F)
	last=$(date -d '-8 months' +%F)
	metrics=127.0.0.1:$(stage_free_port)
	sed -e "s|/srv/gatehouse-demo|$dir|g" -e "s|:8443|:$stage_port|" \
	    -e "s|127.0.0.1:9464|$metrics|" \
	    deploy/demo/gatehouse.yaml >"$dir/gatehouse.yaml"
	sed -e "s|/srv/gatehouse-demo|$dir|g" -e "s|age1[a-z0-9]*|$recipient|" \
	    -e "s|on: 2026-11-01|on: $today|" -e "s|until: 2027.*|until: $next|" \
	    -e "s|until: 2026.*|until: $last|" \
	    deploy/demo/policy.yaml >"$dir/policy.yaml"
	cp deploy/demo/icd-chapters.csv "$dir/"
	stage_init >"$dir/home/init"
	for key in STANNATRAIN01 STANNAGPU01 NBFRAUD01; do
		stage_key $key
		client "$key"
	done
}

# The configuration of aws-cli and of curl for one key: in files, because
# arguments and environments can be seen by others.
client() {
	local secret
	secret=$(<"$dir/keys/s3/$1")
	printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \
	    "$1" "$1" "$secret" >>"$HOME/credentials"
	cat >"$HOME/curl-$1" <<-CURL
	silent
	show-error
	ipv4
	noproxy = "*"
	max-time = 120
	cacert = "$dir/tls/ca.pem"
	user = "$1:$secret"
	aws-sigv4 = "aws:amz:eu-central-1:s3"
	header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"
	CURL
}

# as KEY ARGUMENTS: aws-cli with that key.
as() {
	AWS_SHARED_CREDENTIALS_FILE=$HOME/credentials AWS_PROFILE=$1 \
	    AWS_CA_BUNDLE=$dir/tls/ca.pem AWS_DEFAULT_REGION=eu-central-1 \
	    AWS_EC2_METADATA_DISABLED=true AWS_PAGER='' \
	    /usr/bin/aws --endpoint-url "$url" "${@:2}"
}

# ---- what it shows ---------------------------------------------------------

show_hospital() {
	title "1. A training job in Virginia reads the hospital's patients"
	typed aws s3 ls s3://readmission/
	as STANNATRAIN01 s3 ls s3://readmission/ >"$dir/home/ls" ||
	    fail "the listing"
	sed 's/^/  /' "$dir/home/ls"
	[ "$(wc -l <"$dir/home/ls")" -eq 4 ] || fail "four objects, listed"
	typed aws s3 cp s3://readmission/2026-q1.csv .
	as STANNATRAIN01 s3 cp --quiet s3://readmission/2026-q1.csv \
	    "$dir/home/patients.csv" || fail "the copy"
	/usr/bin/python3 deploy/demo/compare.py \
	    "$dir/data/hospital/patients/2026-q1.csv" "$dir/home/patients.csv" \
	    --only research=yes,y,true,1 --before birth_date=2008-01-01 \
	    --secret mrn,name,birth_date,phone,email,admitted,note --names name \
	    --left name,birth_date,zip,diagnosis,research \
	    --right mrn,birth_date,zip,diagnosis
}

show_bank() {
	title "2. A fraud team in Frankfurt reads the bank's card payments"
	typed curl --interface 127.9.0.1 "$url/fraud/2026-q1.csv"
	curl -K "$HOME/curl-NBFRAUD01" -f --interface 127.9.0.1 \
	    -o "$dir/home/cards.csv" "$url/fraud/2026-q1.csv" ||
	    fail "the bank's file"
	/usr/bin/python3 deploy/demo/compare.py \
	    "$dir/data/bank/cards/2026-q1.csv" "$dir/home/cards.csv" \
	    --only objected=no,n,false,0 --why "objected" \
	    --secret iban,holder,email,birth,postcode,at --names holder \
	    --left iban,birth,postcode,amount \
	    --right iban,birth,postcode,amount
}

# denied KEY BUCKET WORD: the read fails and the reason names WORD.
denied() {
	typed aws s3api get-object --bucket "$2" --key 2026-q1.csv out.csv
	if as "$1" s3api get-object --bucket "$2" --key 2026-q1.csv \
	    "$dir/home/none.csv" >"$dir/home/denial" 2>&1; then
		fail "$2 was served"
	fi
	grep -v '^$' "$dir/home/denial" | fold -s -w 76 | sed 's/^/  /'
	grep -qi -- "$3" "$dir/home/denial" || fail "the reason names '$3'"
	[ ! -s "$dir/home/none.csv" ] || fail "a denial with data"
}

show_denials() {
	title "3. What is not agreed is denied, and says why to a party"
	denied NBFRAUD01 fraud-overseas bank-stays-in-eea
	denied STANNATRAIN01 pilot "$(date -d '-8 months' +%F)"
	echo "  Somebody else learns nothing, not even what exists:"
	for bucket in fraud no-such-bucket; do
		curl -K "$HOME/curl-STANNATRAIN01" -D "$dir/home/head" -o /dev/null \
		    "$url/$bucket/2026-q1.csv" || fail "no answer"
		printf '  %-16s' "$bucket"
		head -n 1 "$dir/home/head"
		grep -q '^HTTP/1.1 403' "$dir/home/head" || fail "a bare 403"
		! grep -qi '^x-gatehouse-reason' "$dir/home/head" ||
		    fail "an outsider was told why"
	done
}

show_sealed() {
	title "4. Encrypted on the way out, to the recipient's own key"
	typed curl --cert trainer.pem "$url/readmission-sealed/2026-q1.csv.age"
	curl -K "$HOME/curl-STANNAGPU01" -f --cert "$dir/tls/trainer.pem" \
	    --key "$dir/tls/trainer.key" -o "$dir/home/sealed.age" \
	    "$url/readmission-sealed/2026-q1.csv.age" || fail "the sealed file"
	printf '  %s\n' "$(head -n 1 "$dir/home/sealed.age" | tr -d '\0')"
	typed age --decrypt -i identity.txt 2026-q1.csv.age
	age --decrypt -i "$dir/home/identity.txt" "$dir/home/sealed.age" \
	    >"$dir/home/by-age.csv" || fail "age cannot read it"
	head -n 3 "$dir/home/by-age.csv" | sed 's/^/  /'
	"$stage_bin/gatehouse" open -i "$dir/home/identity.txt" \
	    "$dir/home/sealed.age" >"$dir/home/by-open.csv" ||
	    fail "gatehouse open cannot read it"
	cmp -s "$dir/home/by-age.csv" "$dir/home/by-open.csv" ||
	    fail "age and gatehouse open differ"
	echo "  gatehouse open gives the same $(wc -c <"$dir/home/by-open.csv") bytes"
	if curl -K "$HOME/curl-STANNAGPU01" -f -o /dev/null \
	    "$url/readmission-sealed/2026-q1.csv.age" 2>/dev/null; then
		fail "the key alone was enough"
	fi
	echo "  without the certificate the key alone is refused"
}

show_ledger() {
	local ledger=$dir/state/ledger size
	title "5. All of it is in the ledger, and anyone can verify that"
	typed gatehouse audit tail ledger
	"$stage_bin/gatehouse" audit tail "$ledger" -n 100 \
	    >"$dir/home/tail" || fail "audit tail"
	tail -n 8 "$dir/home/tail" | cut -c1-118 | sed 's/^/  /'
	grep -q readmission "$dir/home/tail" || fail "no record of the read"
	grep -q bank-stays-in-eea "$dir/home/tail" || fail "no record of the denial"
	typed gatehouse audit verify ledger --key @ledger.vkey
	"$stage_bin/gatehouse" audit verify "$ledger" \
	    --key "@$dir/keys/ledger.vkey" >"$dir/home/verify" ||
	    fail "audit verify"
	sed 's/^/  /' "$dir/home/verify"
	# One bit, somewhere in the entries, and nobody can say it was always so.
	cp -r "$ledger" "$dir/home/forged"
	local entries
	entries=$(find "$dir/home/forged/tile/entries" -type f | sort | head -n 1)
	size=$(stat -c %s "$entries")
	/usr/bin/python3 - "$entries" $((size / 2)) <<-'PY'
	import sys
	with open(sys.argv[1], "r+b") as f:
	    f.seek(int(sys.argv[2]))
	    byte = f.read(1)[0]
	    f.seek(-1, 1)
	    f.write(bytes([byte ^ 1]))
	PY
	typed gatehouse audit verify forged --key @ledger.vkey
	local status=0
	"$stage_bin/gatehouse" audit verify "$dir/home/forged" \
	    --key "@$dir/keys/ledger.vkey" >"$dir/home/verify" 2>&1 || status=$?
	[ $status -eq 7 ] || fail "a changed ledger was verified ($status)"
	sed 's/^/  /' "$dir/home/verify"
}

# No raw value anywhere that clients or operators of the cloud side can see.
sweep() {
	title "6. A last look for raw values"
	cut -d, -f1,2 "$dir"/data/hospital/patients/*.csv \
	    "$dir"/data/bank/cards/*.csv |
	    grep -E '^(A-[0-9]{7}|[A-Z]{2}[0-9]{18,20}),' | tr ',' '\n' |
	    sort -u >"$dir/raw"
	if LC_ALL=C grep -rqaFf "$dir/raw" \
	    "$dir/home" "$dir/gatehouse.log" "$dir/state"; then
		fail "a raw value is in an answer, the log, the spool or the ledger"
	fi
	echo "  none of $(wc -l <"$dir/raw") names and numbers stands in the" \
	    "answers, the log, the spool or the ledger"
}

invite() {
	cat <<-TXT

	${bold}The gateway stays up at $url until you press Ctrl-C.${plain}
	In another terminal, as a training job:

	  export AWS_SHARED_CREDENTIALS_FILE=$HOME/credentials
	  export AWS_PROFILE=STANNATRAIN01 AWS_CA_BUNDLE=$dir/tls/ca.pem
	  export AWS_DEFAULT_REGION=eu-central-1
	  aws --endpoint-url $url s3 ls s3://readmission/
	  aws --endpoint-url $url s3 cp s3://length-of-stay/2026-q1.csv -
	  aws --endpoint-url $url s3api get-object --bucket pilot --key 2026-q1.csv x

	As an officer:

	  $PWD/$stage_bin/gatehouse policy check $dir/policy.yaml
	  $PWD/$stage_bin/gatehouse policy explain --who oncology-trainers \\
	      --read readmission --place virginia --policy $dir/policy.yaml
	  $PWD/$stage_bin/gatehouse audit tail $dir/state/ledger

	As an operator:

	  $PWD/$stage_bin/gatehouse status --config $dir/gatehouse.yaml
	  $PWD/$stage_bin/gatehouse spool list --config $dir/gatehouse.yaml
	  curl http://$metrics/metrics
	TXT
}

echo "${bold}Gatehouse: a hospital and a bank let outside teams train models.${plain}"
prepare
stage_begin
url=https://127.0.0.1:$stage_port
echo "The gateway is up at $url, over $(find "$dir/data" -name '*.csv' \
    -exec cat {} + | wc -l) lines of raw data."
if [ -n "$stay" ]; then
	invite
	trap 'exit 0' INT TERM
	wait "$stage_pid"
	exit
fi
show_hospital
show_bank
show_denials
show_sealed
show_ledger
sweep
title "All steps hold."
