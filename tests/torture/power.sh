#!/bin/bash
# power.sh [CUTS]: the power goes at random moments, 200 times if not told
# otherwise. The machine is user-mode Linux with an ext4 on a disk whose write
# cache is lost (tests/preload/uml_host.c); on it the real auditor works, and
# says each receipt on the console. After each cut another guest starts on what
# is left: every record with a receipt must be there, `audit verify` hold, the
# auditor go on. Then the disk also fails, for a moment before the cut. Then
# auditors that sync wrongly, one after the other, until each is caught.
#
# It takes about 3 s a cut. Needs no root and no KVM; the Debian packages are
# user-mode-linux and e2fsprogs.
set -eu
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin

if ! command -v linux.uml mkfs.ext4 >/dev/null; then
	echo "SKIP: no user-mode-linux or no e2fsprogs here"
	exit 0
fi
cuts=${1:-200}
cut() {
	/usr/bin/python3 tests/torture/powercut.py "$@"
}
cut "$cuts" --expect kept
cut $((cuts / 4)) --expect kept --disk-fails
cut 40 --expect lost --mutant no-sync
cut 40 --expect lost --mutant early
cut 40 --expect lost --mutant no-folder-sync
cut 40 --expect lost --mutant retry --disk-fails
