"""processes.py: a gateway's processes, as /proc shows them to anybody.

Roles are told by the name that they were started under, and the two kinds of
opener by their users, which they have where root started them.
"""
import collections
import os

OPENERS = {64002: "spool", 64006: "origin"}

Process = collections.namedtuple("Process", "pid parent role state rss_kb")


def field(status, name):
    return status.split(f"\n{name}:", 1)[1].split("\n", 1)[0].split()[0]


def read(pid):
    """One of them, or None: it has ended, or is no role."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            name = os.path.basename(file.read().split(b"\0")[0].decode())
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = "\n" + file.read()
    except (OSError, UnicodeDecodeError):
        return None
    role = name.removeprefix("gatehouse-")
    if role == "opener":
        role = OPENERS.get(int(field(status, "Uid")), role)
    # One that has ended, and is not waited for yet, has none.
    rss = int(field(status, "VmRSS")) if "\nVmRSS:" in status else 0
    return Process(pid, int(field(status, "PPid")), role,
                   field(status, "State"), rss)


def below(top):
    """All that come from the process `top`, and itself, by pid."""
    every = [read(pid) for pid in map(int, filter(str.isdigit,
                                                  os.listdir("/proc")))]
    every = {p.pid: p for p in every if p is not None}

    def is_ours(process):
        while process is not None and process.pid != top:
            process = every.get(process.parent)
        return process is not None

    return {pid: p for pid, p in every.items() if is_ours(p)}


def children(pid):
    """Its children, as a set: quicker than all that come from it."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return set(map(int, file.read().split()))
    except OSError:
        return set()


def descriptors(pid):
    """How many it has open, and how many of them are of slots of the spool,
    as many as a keeper has met; None: only root may know."""
    num = slots = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            num += 1
            try:
                slots += "/spool/" in os.readlink(f"/proc/{pid}/fd/{name}")
            except FileNotFoundError:
                pass  # closed meanwhile
    except OSError:
        return None
    return num, slots
