#!/usr/bin/python3
"""The supervisor of one verifier (gateway/verifier).

    verifier.py PROGRAM LEDGER VKEY [hang-up]

Starts it over that ledger, as ipc/control.h has it, and prints: the policy and
the mode of seccomp under which it reads, its exit status, what it says it has
verified, and its most memory in KiB. With hang-up its channel is closed as soon
as it is in its jail, and the last is how many milliseconds it lived on.
"""
import array
import os
import socket
import struct
import subprocess
import sys
import time

ITEM, GO, READY, VERIFIED = 1, 2, 4, 18
HEAD = ">HQBI"
CONTROL_FD = 3


def field(data):
    return struct.pack(">I", len(data)) + data


def send(channel, kind, body=b"", *fds):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
    channel.sendmsg([struct.pack(HEAD, kind, 0, len(fds), len(body)) + body],
                    rights if fds else [])


def hear(channel, wanted):
    """The body of the next message, which is of that kind; None at the end."""
    data = channel.recv(65536)
    if not data:
        return None
    kind = struct.unpack_from(HEAD, data)[0]
    assert kind == wanted, kind
    return data[struct.calcsize(HEAD):]


def status(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0  # it has ended


def main():
    program, ledger, vkey = sys.argv[1:4]
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        child = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$0" {CONTROL_FD}<&0 </dev/null', program],
            stdin=its)
    item = field(b"ledger") + struct.pack(">I", 0) + field(b"")
    send(ours, ITEM, item, os.open(ledger, os.O_RDONLY | os.O_DIRECTORY))
    with open(vkey, "rb") as file:
        send(ours, ITEM, field(b"ledger-vkey") + struct.pack(">I", 0) +
             field(file.read()))
    send(ours, GO)
    hear(ours, READY)
    print("policy", os.sched_getscheduler(child.pid))
    print("seccomp", status(child.pid, "Seccomp"))
    if len(sys.argv) > 4:
        ours.close()
        begin = time.monotonic()
        print("exit", child.wait())
        print("ms", int(1000 * (time.monotonic() - begin)))
        return
    most = 0
    while child.poll() is None:
        most = max(most, status(child.pid, "VmHWM"))
        time.sleep(0.01)
    said = hear(ours, VERIFIED)
    print("exit", child.returncode)
    print("verified", "nothing" if said is None else
          struct.unpack(">Q", said)[0])
    print("KiB", most)


main()
