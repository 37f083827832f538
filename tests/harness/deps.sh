#!/bin/bash
# deps.sh build|demo|check|coverage|bench|torture|lint ...: make sure that the
# packages for a task are here.
#
# dpkg says what is missing. With nothing missing there is no network and no
# output. As root the missing packages are installed; anybody else gets the
# line to type and status 1.
set -euo pipefail
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C DEBIAN_FRONTEND=noninteractive

build="gcc make pkg-config libc6-dev libssl-dev libsodium-dev libyaml-dev
  libseccomp-dev libp11-kit-dev libcjson-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev
  libsqlite3-dev libpq-dev node-llhttp"
demo="$build awscli curl openssl age python3 procps"
check="$demo openssh-client libcmocka-dev python3-boto3 python3-cryptography strace gzip zstd
  s3cmd rclone s3fs fuse libs3-2 python3-prometheus-client postgresql softhsm2"
coverage="$check" # gcov comes with gcc
bench="$check nginx-light"
torture="$check user-mode-linux e2fsprogs nginx-light haproxy nodejs
  testssl.sh sslscan"
lint="$check clang libclang-rt-14-dev clang-format clang-tidy binutils
  shellcheck"

usage() {
	echo "usage: deps.sh build|demo|check|coverage|bench|torture|lint" >&2
	exit 2
}

[ $# -gt 0 ] || usage
want=
for task in "$@"; do
	case $task in
	build) want+=" $build" ;;
	demo) want+=" $demo" ;;
	check) want+=" $check" ;;
	coverage) want+=" $coverage" ;;
	bench) want+=" $bench" ;;
	torture) want+=" $torture" ;;
	lint) want+=" $lint" ;;
	*) usage ;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086 # the list is words on purpose
	echo "deps.sh: this is not Debian; needed are the equivalents of:" \
	    $want >&2
	exit 1
fi

# shellcheck disable=SC2086 # the list is words on purpose
missing() {
	local have
	have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $want \
	    2>/dev/null | awk '$2 == "installed" { print $1 }')
	printf '%s\n' $want | awk 'NR == FNR { have[$1]; next }
	    !($1 in have) && !seen[$1]++' <(printf '%s\n' "$have") -
}

lack=$(missing)
[ -n "$lack" ] || exit 0

# From here on something is missing, and `lack` is words on purpose.
# shellcheck disable=SC2086
if [ "$(id -u)" -ne 0 ]; then
	echo "Packages are missing. Please run:" >&2
	echo "sudo apt-get install --no-install-recommends" $lack >&2
	exit 1
fi
# shellcheck disable=SC2086
echo "installing:" $lack >&2
apt="apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A stale or partly unreachable mirror list need not stop the installation.
$apt update </dev/null >"$log" 2>&1 || tail -n 5 "$log" >&2
# shellcheck disable=SC2086
if ! $apt install --no-install-recommends $lack </dev/null >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps.sh: apt-get could not install:" $lack >&2
	exit 1
fi
lack=$(missing)
if [ -n "$lack" ]; then
	# shellcheck disable=SC2086
	echo "deps.sh: still missing:" $lack >&2
	exit 1
fi
