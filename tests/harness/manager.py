#!/usr/bin/python3
"""manager.py PORT NOTIFY LOG COMMAND...: a service manager, as far as
sd_notify(3) and sd_listen_fds(3) are concerned.

Listens at 127.0.0.1:PORT and passes that socket on; writes each datagram that
comes to the socket NOTIFY as one line of LOG, its newlines as spaces. Runs the
command in its own place: its process id is ours, until MAINPID= names another.
"""
import os
import socket
import sys

port, notify, log, command = int(sys.argv[1]), *sys.argv[2:4], sys.argv[4:]
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
inbox.bind(notify)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(64)
gateway = os.getpid()


def runs(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


# No child of the gateway, which waits for all of those.
if os.fork() == 0:
    if os.fork() != 0:
        os._exit(0)
    listener.close()
    with open(log, "w", encoding="ascii") as out:
        while runs(gateway):
            inbox.settimeout(1)
            try:
                text = inbox.recv(4096).decode("ascii")
            except TimeoutError:
                continue
            out.write(text.replace("\n", " ") + "\n")
            out.flush()
            for name in text.split("\n"):
                if name.startswith("MAINPID="):
                    gateway = int(name[8:])
    os._exit(0)
os.wait()
inbox.close()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(NOTIFY_SOCKET=notify, LISTEN_FDS="1",
                  LISTEN_PID=str(gateway), WATCHDOG_USEC="1000000")
os.execv(command[0], command)
