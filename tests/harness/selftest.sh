#!/bin/bash
# Does the harness see failures? Each row is a planted program and the summary
# that check.sh must give it. A harness that calls one of them good is broken.
set -u
cd "$(dirname "$0")/../.." || exit 2
dir=$(mktemp -d "${GATEHOUSE_TEST_TMP:-${TMPDIR:-/tmp}}/selftest.XXXXXX")
trap 'rm -rf "$dir"' EXIT

number=0
failures=0

# expect STATUS SUMMARY WORD NAME: the program comes on standard input. WORD
# must be somewhere in the output.
expect() {
	local status=$1 summary=$2 word=$3 name=$4 got
	number=$((number + 1))
	cat >"$dir/$name"
	chmod 700 "$dir/$name"
	tests/harness/check.sh -o "$dir/logs" -t 2 -p "$dir/$name" \
	    >"$dir/out" 2>&1
	got=$?
	if [ $got -eq "$status" ] && [ "$(tail -n 1 "$dir/out")" = "$summary" ] &&
	    grep -q -- "$word" "$dir/out"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name: status $got"
		sed 's/^/# /' "$dir/out"
		failures=$((failures + 1))
	fi
}

expect 0 "2 passed, 0 failed" "^ok " good <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo ok 2 - b
X
expect 0 "1 passed, 0 failed, 1 skipped" "no tape" skipping <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo "ok 2 - b # SKIP no tape"
X
expect 0 "1 passed, 0 failed, 1 skipped" "^skip " cmocka-skip <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo "not ok 2 # SKIP"
X
expect 1 "1 passed, 1 failed" "says # SKIP" skip-in-a-name <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo "not ok 2 - says # SKIP"; exit 1
X
expect 1 "1 passed, 1 failed" "b is bad" failing <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo not ok 2 - b is bad; exit 1
X
expect 1 "1 passed, 1 failed" "fails and exits with 0" lying <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a; echo not ok 2 - b
X
expect 1 "1 passed, 1 failed" "crashes, signal 11" crashing <<'X'
#!/bin/sh
echo 1..1; echo ok 1 - a; kill -SEGV $$
X
expect 1 "1 passed, 1 failed" hangs hanging <<'X'
#!/bin/sh
echo 1..1; echo ok 1 - a; sleep 30
X
expect 1 "0 passed, 1 failed" "has no plan" empty <<'X'
#!/bin/sh
X
expect 1 "1 passed, 1 failed" "has no plan" planless <<'X'
#!/bin/sh
echo ok 1 - a
X
expect 1 "1 passed, 1 failed" "ends early" leaving-early <<'X'
#!/bin/sh
echo 1..2; echo ok 1 - a
X
expect 1 "2 passed, 1 failed" "more than it planned" overdoing <<'X'
#!/bin/sh
echo 1..1; echo ok 1 - a; echo ok 2 - b
X
expect 1 "1 passed, 1 failed" "exits with 3" bad-status <<'X'
#!/bin/sh
echo 1..1; echo ok 1 - a; exit 3
X
expect 1 "0 passed, 0 failed, 1 skipped" "skip" all-skipped <<'X'
#!/bin/sh
echo 1..1; echo "ok 1 - a # SKIP no reason"
X
expect 1 "0 passed, 1 failed" "tests nothing" zero-planned <<'X'
#!/bin/sh
echo 1..0
X
expect 0 "1 passed, 0 failed" "^ok " clean-environment <<'X'
#!/bin/sh
echo 1..1
[ -z "${AWS_PROFILE-}${https_proxy-}" ] && [ "$TZ" = UTC ] &&
    [ -z "$(ls -A "$HOME")" ] && echo ok 1 - clean
X

# A program that was never built is a failure too.
number=$((number + 1))
if ! tests/harness/check.sh -o "$dir/logs" -t 2 -p "$dir/absent" \
    >"$dir/out" 2>&1 &&
    [ "$(tail -n 1 "$dir/out")" = "0 passed, 1 failed" ]; then
	echo "ok $number - absent"
else
	echo "not ok $number - absent"
	failures=$((failures + 1))
fi

# The replayer over a target that must fail: it reads one byte too many, and
# aborts on the word "fail". Both have to be seen, or fuzzing proves nothing.
cat >"$dir/target.c" <<'X'
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 4 && memcmp(data, "over", 4) == 0)
		return ((const volatile uint8_t *)data)[4] > 300;
	if (size == 4 && memcmp(data, "fail", 4) == 0)
		abort();
	return 0;
}
X
mkdir "$dir/corpus"
gcc -D_GNU_SOURCE -g -fsanitize=address,undefined -o "$dir/fuzz" \
    "$dir/target.c" tests/harness/replay/main.c
for word in good over fail; do
	number=$((number + 1))
	rm -f "$dir/corpus/"*
	printf %s $word >"$dir/corpus/input"
	printf '#!/bin/sh\nexec %s/fuzz %s/corpus\n' "$dir" "$dir" \
	    >"$dir/replay-$word"
	chmod 700 "$dir/replay-$word"
	tests/harness/check.sh -o "$dir/logs" -t 20 -p "$dir/replay-$word" \
	    >"$dir/out" 2>&1
	got=$?
	wanted=1
	[ $word != good ] || wanted=0
	if [ $got -eq $wanted ]; then
		echo "ok $number - the replayer and an input that is $word"
	else
		echo "not ok $number - the replayer and an input that is $word"
		sed 's/^/# /' "$dir/out"
		failures=$((failures + 1))
	fi
done

# What coverage is judged by: two conditions, which have four ways out; a run
# takes one, several take all. A file that no run reaches counts too.
mkdir -p "$dir/gateway/some"
cat >"$dir/gateway/some/part.c" <<'X'
int main(int argc, char **argv)
{
	return argc > 1 && argv[1][0] == 'x' ? 1 : 0;
}
X
# covered FOLDER STATUS WORD RUN...: one run for each argument behind.
covered() {
	local folder=$1 status=$2 word=$3 got run
	shift 3
	number=$((number + 1))
	rm -rf "$dir/counts"
	mkdir -p "$dir/counts/gateway"
	(cd "$dir" && gcc --coverage -O0 -o counts/part.out \
	    -fprofile-update=atomic gateway/some/part.c -dumpbase part \
	    -dumpdir counts/gateway/) 2>"$dir/out"
	for run; do
		# shellcheck disable=SC2086 # no argument, or one
		"$dir/counts/part.out" $run
	done
	tests/harness/coverage.py "$dir/counts" "$folder" >>"$dir/out" 2>&1
	got=$?
	if [ $got -eq "$status" ] && grep -q -- "$word" "$dir/out"; then
		echo "ok $number - coverage: $word"
	else
		echo "not ok $number - coverage: $word: status $got"
		sed 's/^/# /' "$dir/out"
		failures=$((failures + 1))
	fi
}
covered gateway/some 1 "some: 0.00 % of the branches, BELOW 90 %"
covered gateway/some 1 "some: 25.00 % of the branches, BELOW 90 %" ""
covered gateway/some 0 "some: 100.00 % of the branches, reaches 90 %" "" x y
covered gateway/none 1 "none: no file was compiled" ""

echo "1..$number"
[ $failures -eq 0 ]
