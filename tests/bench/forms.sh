#!/bin/bash
# forms.sh: values per CPU second that `gatehouse transform` makes codes of, by
# the protection, beside a program in Python that does the same to the same
# column (tests/bench/forms.py); in parentheses, how many times that. A value is
# nine digits; the sign of each is another. Random codes are in codes.sh.
#
#	BENCH_ROWS=N         instead of 400000; a twentieth of `format` for the peer
#	BENCH_ROUNDS=N       rounds of each; the figure is the median (3)
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1
umask 077

# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh

rows=${BENCH_ROWS:-400000}
rounds=${BENCH_ROUNDS:-3}
dir=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-forms.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# table ROWS
table() {
	awk -v rows="$1" 'BEGIN {
		print "person,number,day"
		for (i = 1; i <= rows; i++)
			printf "A-%07d,%09d,19%02d-%02d-%02d\n", i,
			    i * 7919 % 1000000007 % 1000000000,
			    40 + i % 60, 1 + i % 12, 1 + i % 28
	}'
}

# agreement FORM COLUMN
agreement() {
	bench_agreement "$1" clinic/people
	echo "    columns: {$2: $1}"
}

policy() {
	bench_policy "$dir" clinic/people
	cat <<-YAML
	    columns:
	      person: direct-identifier other-id, subject
	      number: direct-identifier other-id
	      day: quasi-identifier date
	allow:
	YAML
	for form in pseudonym sealed format; do
		agreement "$form" number
	done
	agreement shift day
}

# rate ROWS TABLE COMMAND...: rows per CPU second, of a round.
rate() {
	local TIMEFORMAT='%U %S'
	{ time "${@:3}" <"$2" >"$dir/out" 2>"$dir/said" || true; } 2>&1 |
	    awk -v rows="$1" '{ printf "%d\n", rows / ($1 + $2) }'
	[ "$(wc -l <"$dir/out")" -eq "$(($1 + 1))" ] && return
	echo "forms.sh: rows are missing:" "$(tail -n 3 "$dir/said")" >&2
	return 1
}

table "$rows" >"$dir/people.csv"
table "$((rows / 20))" >"$dir/fewer.csv"
policy >"$dir/policy.yaml"

printf '\nCodes, thousand values per CPU second\n'
printf '  %-22s %12s %12s\n' "" "in Python" gatehouse
for form in pseudonym sealed format shift; do
	peer=$rows table=people
	[ "$form" != format ] || peer=$((rows / 20)) table=fewer
	for ((i = 0; i < rounds; i++)); do
		rate "$peer" "$dir/$table.csv" \
		    /usr/bin/python3 tests/bench/forms.py $form >>"$dir/$form.peer"
		rate "$rows" "$dir/people.csv" build/release/bin/gatehouse transform \
		    --policy "$dir/policy.yaml" --agreement $form --test-key \
		    >>"$dir/$form.ours"
	done
	for side in peer ours; do
		sort -g "$dir/$form.$side" | sed -n "$((rounds / 2 + 1))p"
	done | awk -v name=$form '{ v[NR] = $1 } END {
		printf "  %-22s %12.1f %12.1f (%.1f)\n", name, v[1] / 1000,
		    v[2] / 1000, v[2] / v[1] }'
done
