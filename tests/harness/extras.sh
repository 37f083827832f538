#!/bin/bash
# extras.sh: clients that are not in the `check` list of deps.sh, by the package
# managers as they are configured here, each into a folder of its own in
# build/extras. Only for machines that say so:
#
#	GATEHOUSE_TEST_EXTRA=1     all but the largest
#	GATEHOUSE_TEST_EXTRA=all   TensorFlow too, which takes 1.5 GB
#
# What there is, is kept. What cannot be had is named and left out, and its
# scenario skips it; the status is 0 either way. Versions and digests are those
# of extras/. Nothing here waits without a limit, and everything together ends
# within GATEHOUSE_EXTRA_SECONDS (300).
set -u
cd "$(dirname "$0")/../.." || exit 2
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
export DEBIAN_FRONTEND=noninteractive
[ -n "${GATEHOUSE_TEST_EXTRA-}" ] || exit 0
lists=$PWD/tests/harness/extras
deadline=$((SECONDS + ${GATEHOUSE_EXTRA_SECONDS:-300}))
mkdir -p build/extras

# bounded SECONDS COMMAND...: within these and the deadline.
bounded() {
	local seconds=$1 left=$((deadline - SECONDS))
	shift
	[ $seconds -le $left ] || seconds=$left
	[ $seconds -gt 0 ] || return 124
	timeout -k 5 $seconds "$@" </dev/null
}

# into NAME COMMAND...: makes the folder, by a command that is told its name.
# One that has other versions is made again, and half of one is none.
into() {
	local name=$1 stamp new=build/extras/$1.new began=$SECONDS
	shift
	stamp=$(cat "$lists/$name.txt" "$lists/$name"/* 2>/dev/null | sha256sum)
	[ "$(cat "build/extras/$name/.stamp" 2>/dev/null)" != "$stamp" ] ||
		return 0
	rm -rf "build/extras/$name" "$new"
	mkdir -p "$new"
	if "$@" "$new" >"build/extras/$name.log" 2>&1; then
		echo "$stamp" >"$new/.stamp"
		mv "$new" "build/extras/$name"
		echo "extras.sh: $name, $((SECONDS - began)) s"
	else
		rm -rf "$new"
		echo "extras.sh: no $name, after $((SECONDS - began)) s: $(grep . \
		    "build/extras/$name.log" | tail -n 1 | cut -c 1-200)"
	fi
}

# npm_modules NAME FOLDER
npm_modules() {
	cp "$lists/$1"/* "$2" && (cd "$2" && bounded 60 npm ci --no-fund \
	    --no-audit --ignore-scripts --fetch-retries=1 --fetch-timeout=15000)
}

# python_modules NAME SECONDS FOLDER
python_modules() {
	bounded "$2" /usr/bin/python3 -m pip install -q --no-deps \
	    --require-hashes --prefer-binary --no-compile --retries 1 \
	    --timeout 15 --disable-pip-version-check -r "$lists/$1.txt" \
	    --target "$3"
}

# DuckDB has its extensions from a host of its own.
httpfs() {
	PYTHONPATH=build/extras/duckdb bounded 20 /usr/bin/python3 -c '
import sys, duckdb
base = duckdb.connect(config={"extension_directory": sys.argv[1]})
base.execute("INSTALL httpfs")' "$PWD/$1"
}

# A server that is HashiCorp's own code; Go checks what it fetches by go.sum.
go_program() {
	cp "$lists"/vault/* "$1" && (cd "$1" && HOME=${HOME:-/root} \
	    PATH=$PATH:/usr/local/go/bin GOFLAGS=-mod=readonly \
	    GOTOOLCHAIN=local bounded 240 go build -trimpath -o vaultserver .)
}

# debian_package NAME: root alone can.
debian_package() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null |
	    grep -qx installed && return
	[ "$(id -u)" -eq 0 ] && bounded 120 apt-get -q -y -o \
	    DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o \
	    Acquire::http::Timeout=15 install --no-install-recommends "$1" \
	    >"build/extras/$1.log" 2>&1 && return
	echo "extras.sh: no $1"
	return 1
}

if command -v npm >/dev/null; then
	into npm npm_modules npm
	into sarif npm_modules sarif
else
	echo "extras.sh: no npm"
fi
debian_package python3-torch
if debian_package python3-pip; then
	into fsspec python_modules fsspec 60
	into pandas python_modules pandas 60
	into pyarrow python_modules pyarrow 60
	into duckdb python_modules duckdb 60
	[ ! -d build/extras/duckdb ] || into httpfs httpfs
	into s3torch python_modules s3torch 60
	[ "$GATEHOUSE_TEST_EXTRA" != all ] ||
		into tensorflow python_modules tensorflow 120
fi
if PATH=$PATH:/usr/local/go/bin command -v go >/dev/null; then
	into vault go_program
else
	echo "extras.sh: no go"
fi
exit 0
