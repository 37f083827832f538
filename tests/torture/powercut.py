#!/usr/bin/python3
"""powercut.py CUTS --expect kept|lost [--mutant NAME] [--disk-fails]

Cuts the power of a user-mode Linux in which the auditor works, CUTS times, and
looks each time at the next start whether the ledger has every record whose
receipt was seen before. With --expect lost it stops at the first that is
missing, and fails if none is. --disk-fails: before each cut every write of the
disk fails for a moment. tests/torture/power.sh says the rest.
"""
import argparse
import os
import random
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath("build/release")
TESTS = BUILD + "/tests"
IMAGE_BYTES = 192 << 20
LEDGER_CUTS = 20  # then the ledger is begun anew
BOOT_S = 120  # longer than any machine needs to come to "verified"

# The first program of the guest. Its root is the host's, read-only. The disk is
# a loop device over the image in a second hostfs: what is flushed comes to the
# host as a sync of that file. UML's own block device would not do: the flush
# of its 6.1 ends in the guest, and the host never hears of it.
INIT = """#!/bin/bash
mount -t proc proc /proc
/usr/bin/python3 - <<-END
	import ctypes, os
	path = "/usr/lib/uml/modules/%s/kernel/drivers/block/loop.ko"
	loop = os.open(path % os.uname().release, os.O_RDONLY)
	FINIT_MODULE = 313
	ctypes.CDLL(None).syscall(FINIT_MODULE, loop, b"", 0)
END
mount -t hostfs none /media -o {top}/disk
losetup /dev/loop0 /media/image
mount -t ext4 /dev/loop0 /mnt || echo "broken: no mount"
echo booted
drive() {{
	GATEHOUSE_SHIM_MUTANT={mutant} {tests}/drive_auditor {preload} "$@"
}}
cd {top}
drive -c {top}/receipts {auditor} /mnt/ledger {top}/key 40 ||
    echo "broken: status $?"
{tool} audit verify /mnt/ledger --key @{top}/key.vkey && echo "whole"
drive {auditor} /mnt/ledger {top}/key 0 || echo "stopped"
while :; do sleep 1; done
"""


class Machine:
    """One folder: the image, the key, the receipts that the host has seen."""

    def __init__(self, top, args):
        self.top, self.args = top, args
        self.image, self.fail = top + "/disk/image", top + "/disk-fails"
        self.receipts, self.boots = top + "/receipts", 0
        preload = f"-p {TESTS}/ledger_disk.so" if args.mutant else ""
        with open(top + "/init", "w", encoding="ascii") as file:
            file.write(INIT.format(
                top=top, tests=TESTS, preload=preload,
                mutant=args.mutant or "",
                auditor=BUILD + "/libexec/gatehouse/gatehouse-auditor",
                tool=BUILD + "/bin/gatehouse"))
        os.chmod(top + "/init", 0o755)
        os.mkdir(top + "/disk")
        # The key comes with a ledger that nobody needs.
        os.mkdir(top + "/other")
        subprocess.run([TESTS + "/drive_auditor", "-j", "65536", "-",
                        top + "/other", top + "/key", "0"], check=True)

    def renew(self):
        """An empty file system but for the ledger's folder, no receipts."""
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        os.makedirs(self.top + "/root/ledger", exist_ok=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-b", "4096", "-d", self.top + "/root",
                        self.image], check=True)
        open(self.receipts, "w", encoding="ascii").close()

    def boot(self):
        self.boots += 1
        env = {"PATH": os.environ["PATH"], "HOME": self.top,
               "LD_PRELOAD": TESTS + "/uml_host.so",
               "GATEHOUSE_UML_DISK": self.image,
               "GATEHOUSE_UML_FAIL": self.fail,
               "GATEHOUSE_UML_SEED": str(random.getrandbits(32))}
        return subprocess.Popen(
            ["linux.uml", "mem=192M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "con=null",
             "con0=fd:0,fd:1", f"init={self.top}/init",
             f"uml_dir={self.top}/uml", f"umid=m{self.boots}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=env, start_new_session=True)


class Session:
    """One time with power: what the console says, and when it is cut."""

    def __init__(self, machine):
        self.machine, self.guest = machine, machine.boot()
        self.booted = self.kept = self.whole = self.broken = None
        self.num_receipts, self.rest, self.tail = 0, b"", []
        self.select = selectors.DefaultSelector()
        self.select.register(self.guest.stdout, selectors.EVENT_READ)

    def say(self, line):
        self.tail = self.tail[-30:] + [line]
        if line.startswith("receipt "):
            self.num_receipts += 1
            self.log.write(line + "\n")
        elif line == "booted":
            self.booted = time.monotonic()
        elif line == "whole":
            self.whole = time.monotonic()
        elif line.startswith("kept "):
            self.kept = int(line.split()[1])
        elif line.startswith(("broken", "lost", "ledger-altered")) or \
                "not verified" in line or \
                line == "stopped" and not self.machine.args.disk_fails:
            self.broken = self.broken or line

    def hear(self, seconds):
        """What comes within that time. False: the guest has ended."""
        if not self.select.select(seconds):
            return True
        data = os.read(self.guest.stdout.fileno(), 65536)
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            self.say(line.decode("utf-8", "replace").strip())
        return bool(data)

    def hear_until(self, moment, event=None):
        """Until a moment, or until something is known, or the end."""
        while time.monotonic() < moment and not self.broken:
            if event and getattr(self, event):
                return True
            if not self.hear(min(0.02, max(0, moment - time.monotonic()))):
                return False
        return event is None and not self.broken

    def cut(self):
        """What it had said by then counts, also what was not read yet."""
        os.killpg(self.guest.pid, signal.SIGKILL)
        while self.hear(10):
            pass
        self.guest.wait()
        self.guest.stdout.close()
        self.select.close()

    def run(self, fails):
        """Power on, and off again at some moment."""
        with open(self.machine.receipts, "a", encoding="ascii") as self.log:
            deadline = time.monotonic() + BOOT_S
            alive = self.hear_until(deadline, "booted")
            if alive and random.random() < 0.2:
                # While it recovers; the first time, while it is made.
                self.hear_until(time.monotonic() + random.random())
            elif alive and self.hear_until(deadline, "whole"):
                self.hear_until(time.monotonic() + random.random())
                if fails:
                    self.break_disk()
            elif not self.broken:
                self.broken = "broken: it does not come up"
            self.cut()

    def break_disk(self):
        open(self.machine.fail, "w", encoding="ascii").close()
        self.hear_until(time.monotonic() + 0.05 + random.random() / 10)
        os.unlink(self.machine.fail)
        self.hear_until(time.monotonic() + 0.3)


def campaign(machine, args):
    """(cuts, records that were looked for and found, what was broken)"""
    cuts = found = receipts = 0
    while cuts < args.cuts:
        if cuts % LEDGER_CUTS == 0:
            machine.renew()
        session = Session(machine)
        session.run(args.disk_fails)
        receipts += session.num_receipts
        found = found + (session.kept or 0)
        if session.broken:
            return cuts, receipts, found, session
        cuts += 1
    return cuts, receipts, found, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cuts", type=int)
    parser.add_argument("--expect", choices=["kept", "lost"], required=True)
    parser.add_argument("--mutant")
    parser.add_argument("--disk-fails", action="store_true")
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed or random.getrandbits(32)
    random.seed(seed)
    top = tempfile.mkdtemp(
        prefix="power.", dir=os.environ.get("GATEHOUSE_TEST_TMP"))
    began = time.monotonic()
    try:
        cuts, receipts, found, broken = campaign(Machine(top, args), args)
    finally:
        shutil.rmtree(top)
    what = args.mutant or "as it is"
    if args.disk_fails:
        what += ", the disk fails"
    print(f"{what}: {cuts} cuts, {receipts} receipts, {found} times one "
          f"was looked for and found, {time.monotonic() - began:.0f} s, seed {seed}")
    if broken:
        print(f"    after cut {cuts}: {broken.broken}")
    if broken and args.expect == "kept":
        print("\n".join("    console: " + line for line in broken.tail))
    sys.exit((args.expect == "lost") != bool(broken))


if __name__ == "__main__":
    main()
