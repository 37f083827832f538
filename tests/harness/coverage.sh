#!/bin/bash
# coverage.sh [--missing PREFIX]: what of the code the tests reach.
#
# Unit tests (the vectors are theirs) and the fuzz corpora run over the build of
# VARIANT=coverage; coverage.py adds their counts up. Scenarios are left out: a
# jailed role can write no file of counts, so what they reach of a role cannot be
# known, and the four folders that have to reach 90 % of their branches are
# below the roles. For the same reason the role programs that a unit test
# starts are those of release.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=build/coverage
[ "${1-}" != --missing ] ||
    exec tests/harness/coverage.py $build/obj --missing "${2-}"

find $build/obj -name '*.gcda' -delete
mkdir -p $build/libexec
ln -sfn ../../release/libexec/gatehouse $build/libexec/gatehouse
tests/harness/check.sh -o $build/check -t 900 -v coverage >$build/check.summary
status=$?
tests/harness/coverage.py $build/obj gateway/ledger policy gateway/transform \
    gateway/http || status=1
grep -v '^ok ' $build/check.summary
exit $status
