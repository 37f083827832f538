#!/bin/bash
# JSON Lines against Python's json, on generated files: which files are taken,
# what is delivered of them, in which order, and with which digits. Every member
# that is not declared holds a canary, which must not come out. Then the same
# documents through `gatehouse transform`, with forms that change values.
# time limit: 300
set -u
bin=build/${VARIANT:-release}
program=$bin/tests/jsonl_dump
[ -x "$program" ] || make -s "$program" >&2 || exit 1
[ -x "$bin/bin/gatehouse" ] || make -s "$bin/bin/gatehouse" >&2 || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 - "$program" "$bin/bin/gatehouse" "$work" <<'EOF'
import json
import random
import re
import struct
import subprocess
import sys

PATHS = ["id", "on", "who.name", "who.home.zip", "who.tags[]", "rows[].n",
         "rows[].sub.k", "rows[].list[]", "grid[][]", "dot\\.ted", "flag"]
MARK = b"\xef\xbb\xbf"
CANARY = "CNRY"


class Number(str):
    """A number as it is written."""


class Pairs(list):
    """An object: its members in order."""


class Refused(Exception):
    pass


# --- the declared paths as a tree: name -> (arrays, leaf, members)
def tree_of(paths):
    root = {}
    for path in paths:
        here = root
        steps = re.findall(r"((?:[^.\[\\]|\\.)+)((?:\[\])*)(?:\.|$)", path)
        for i, (name, arrays) in enumerate(steps):
            name = re.sub(r"\\(.)", r"\1", name)
            leaf = i + 1 == len(steps)
            here = here.setdefault(
                name, (len(arrays) // 2, leaf, path, {}))[3]
    return root


def fold(name):
    return "".join(c.lower() if c.isascii() else c for c in name
                   if c > " " and c not in "_-.\x7f")


# --- reading, by the rules of JSON Lines and of bind.h
def pairs_hook(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise Refused("twice")
    for name in names:
        name.encode()
    return pairs


def constant(_):
    raise Refused("constant")


DECODER = json.JSONDecoder(object_pairs_hook=lambda p: Pairs(pairs_hook(p)),
                           parse_float=Number, parse_int=Number,
                           parse_constant=constant, strict=True)


def nesting(value):
    if isinstance(value, Pairs):
        return 1 + max((nesting(v) for _, v in value), default=0)
    if isinstance(value, list):
        return 1 + max(map(nesting, value), default=0)
    if isinstance(value, str):
        value.encode()
    return 0


def read_line(line):
    text = line.decode()
    at = len(text) - len(text.lstrip(" \t\r"))
    value, end = DECODER.raw_decode(text, at)
    if text[end:].strip(" \t\r") or not isinstance(value, Pairs):
        raise Refused("not one object")
    if nesting(value) > 64:
        raise Refused("deep")
    return value


def project(value, members):
    """The listed members of an object; raises on names that may not be."""
    out = []
    folded = {fold(name) for name in members}
    for name, item in value:
        if name in members:
            arrays_, leaf, path, below = members[name]
            out.append((name, place(item, arrays_, leaf, path, below)))
        elif not re.fullmatch(r"[ -~]*", name) or fold(name) in folded:
            raise Refused("name")
    return Pairs(out)


def place(value, arrays_, leaf, path, below):
    if value is None:
        return None
    if arrays_ > 0:
        if isinstance(value, Pairs) or not isinstance(value, list):
            return None
        return [place(v, arrays_ - 1, leaf, path, below) for v in value]
    if leaf:
        return None if isinstance(value, list) else FORM(path, value)
    return project(value, below) if isinstance(value, Pairs) else None


def kept(_, value):
    return value


def expected(data):
    if data.startswith(MARK):
        data = data[len(MARK):]
    rows = []
    try:
        for line in data.split(b"\n"):
            if line.strip(b" \t\r"):
                rows.append(project(read_line(line), TREE))
    except (Refused, ValueError, RecursionError):
        return None
    return rows


# --- writing: documents of every habit, and some that are broken
def scalar(rng, clean=""):
    kind = rng.randrange(9)
    if kind < 3:
        text = "".join(rng.choices(
            ["a", "é", "€", "𝄞", "\"", "\\", "\n", "\x00", "\x1f", "\x7f",
             "/", " ", "zz top"], k=rng.randrange(5)))
        return string(rng, clean + text)
    if kind < 6:
        return rng.choice(["0", "-0", "12", "-3.50", "1e5", "2.5E-3", "1E+0",
                           "123456789012345678901234567890", "0.1000"])
    return rng.choice(["true", "false", "null", '""', "null"])


def string(rng, text):
    out = ""
    for c in text:
        way = rng.randrange(4)
        units = c.encode("utf-16-be")
        escaped = "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}"
                          for i in range(0, len(units), 2))
        if c in '"\\' or c < " ":
            out += json.dumps(c)[1:-1] if way else escaped
        else:
            out += escaped if way == 0 else c
    return '"' + out + '"'


def blank(rng):
    return rng.choice(["", "", "", " ", "\t", "\r", "  "])


def wrap(rng, open_, items, close):
    items = [blank(rng) + item + blank(rng) for item in items]
    return open_ + (",".join(items) or blank(rng)) + close


def member(rng, name, value):
    return string(rng, name) + blank(rng) + ":" + blank(rng) + value


def junk(rng, depth=0):
    """A value with a canary in it."""
    if depth > 2 or rng.random() < 0.5:
        return string(rng, CANARY + rng.choice(["", "x", '"', "é"]))
    if rng.random() < 0.5:
        return wrap(rng, "[", [junk(rng, depth + 1) for _ in range(
            rng.randrange(1, 3))], "]")
    return wrap(rng, "{", [member(rng, f"k{i}" + rng.choice(["", CANARY]),
                                  junk(rng, depth + 1))
                           for i in range(rng.randrange(1, 3))], "}")


def document(rng, members):
    out = []
    for name, (arrays_, leaf, _, below) in members.items():
        if rng.random() < 0.85:
            out.append(member(rng, name, node(rng, arrays_, leaf, below)))
    for i in range(rng.randrange(3)):
        out.append(member(rng, f"other {i}", junk(rng)))
    rng.shuffle(out)
    return wrap(rng, "{", out, "}")


def node(rng, arrays_, leaf, below):
    luck = rng.random()
    if luck < 0.04:
        return junk(rng, 9) if not leaf or arrays_ else wrap(
            rng, "[", [junk(rng)], "]")
    if luck < 0.06:
        return wrap(rng, "{", [member(rng, "q", junk(rng))], "}")
    if luck < 0.1:
        return "null"
    if arrays_ > 0:
        return wrap(rng, "[", [node(rng, arrays_ - 1, leaf, below)
                               for _ in range(rng.randrange(4))], "]")
    return scalar(rng) if leaf else document(rng, below)


BREAKS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b"\x80",
          b"\xed\xa0\x80", b"\xff", b"0", b"e", b"-", b"\\ud800", b"\x00",
          b"\t", b"NaN", b"nul", b"\\udc00", b"\\u0000", b'"id":1,', b'"i_D":1,',
          b'"who ":1,', b'"\\u0069d":1,', b'"ID":1,', b'"other 0":1,',
          b'"\xc3\xa9":1,']


def file_of(rng):
    lines = [document(rng, TREE).encode() for _ in range(rng.randrange(4))]
    data = rng.choice([b"\n", b"\r\n", b"\n\n"]).join(lines)
    data += rng.choice([b"", b"\n", b"\r\n", b"\n \n"])
    if rng.random() < 0.05:
        data = MARK + data
    if rng.random() < 0.4 and data:
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice(BREAKS) + data[at + rng.randrange(2):]
    return data


def same(got, want):
    """Equal, order and digits included; flags are no numbers."""
    if isinstance(want, Pairs) or isinstance(got, Pairs):
        return (isinstance(got, Pairs) and isinstance(want, Pairs)
                and len(got) == len(want)
                and all(g[0] == w[0] and same(g[1], w[1])
                        for g, w in zip(got, want)))
    if isinstance(want, list):
        return (isinstance(got, list) and len(got) == len(want)
                and all(map(same, got, want)))
    return type(got) is type(want) and got == want


def agrees(got, want):
    if want is None or got == b"error":
        return want is None and got == b"error"
    lines = got.split(b"\n")
    return (lines.pop() == b"" and len(lines) == len(want)
            and all(same(read_line(line), row)
                    for line, row in zip(lines, want)))


def report(right, what, notes=()):
    global NUMBER, FAILED
    NUMBER += 1
    FAILED |= not right
    print(("ok" if right else "not ok") + f" {NUMBER} - {what}")
    for note in notes:
        print(f"# {note}")


def compare(block, rng):
    files = [file_of(rng) for _ in range(2000)]
    wanted = [expected(data) for data in files]
    good = sum(want is not None for want in wanted)
    report(good > 700 and len(files) - good > 300,
           f"{good} of {len(files)} files are JSON Lines of ours")
    run = subprocess.run(
        [sys.argv[1], str(block)] + PATHS, stdout=subprocess.PIPE,
        input=b"".join(struct.pack(">I", len(f)) + f for f in files),
        check=False)
    out, at, got = run.stdout, 0, []
    while at < len(out):
        length = struct.unpack(">I", out[at:at + 4])[0]
        got.append(out[at + 4:at + 4 + length])
        at += 4 + length
    bad = [i for i in range(len(files))
           if i >= len(got) or not agrees(got[i], wanted[i])]
    report(run.returncode == 0 and len(got) == len(files) and not bad,
           f"blocks of {block}",
           [f"{files[i]!r}: wanted {wanted[i]}, got "
            f"{got[i] if i < len(got) else 'nothing'}" for i in bad[:3]])
    report(CANARY.encode() not in out, "no canary comes out")


POLICY = """
policy: {name: differential, format: 1}
parties:
  a: {name: A, country: DE, role: controller, contact: a@b.example}
people:
  us: [{access-key: KEY01}]
places:
  here: {country: DE, operator: A, seen-as: [203.0.113.0/24]}
purposes:
  p: {say: P, gdpr: contract}
datasets:
  d:
    controller: a
    about: customers
    origin: file:///data/*.jsonl
    protect: gdpr-pseudonymous@1
    subject: each-row
    columns:
      id: plain code
      "on": quasi-identifier date
      who.name: direct-identifier name
      who.home.zip: quasi-identifier postcode
      who.tags[]: plain text
      rows[].n: plain number
      rows[].sub.k: plain number
      rows[].list[]: plain code
      grid[][]: plain number
      dot\\.ted: plain code
      flag: plain code
allow:
  - id: all
    who: us
    recipient: a
    contract: C
    dataset: d
    purpose: p
    places: here
    until: 2099-01-01
    columns:
      rows[].n: {protect: band 10, unfit: drop}
      rows[].sub.k: {protect: cap 0..50, unfit: drop}
      rows[].list[]: {protect: prefix 1, unfit: drop}
      who.home.zip: blank
      who.tags[]: {protect: "keep because they are public", unfit: drop}
      grid[][]: {protect: round 1, unfit: withhold-row}
      id: keep
    rows: [flag is not no]
"""


def whole(rng):
    """A number that all forms take, as a number or in a string."""
    text = str(rng.randrange(-99, 100))
    return text if rng.random() < 0.7 else '"' + text + '"'


def formed(path, value):
    number = isinstance(value, Number)
    if value in ("", None):
        return value
    amount = int(value) if re.fullmatch(r"-?\d+", str(value)) else None
    keep = Number if number else str
    if path == "rows[].n":
        return None if amount is None else keep(amount // 10 * 10)
    if path == "rows[].sub.k":
        return None if amount is None else keep(min(max(amount, 0), 50))
    if path == "rows[].list[]":
        return str(value)[:1] if not isinstance(value, bool) else (
            "t" if value else "f")
    if path == "grid[][]":
        return keep(amount)
    return value


def through_the_tool(rng):
    """Whole numbers and words only, so that Python's forms are simple."""
    global TREE, FORM
    listed = [p for p in PATHS if p not in ("who.name", "on", "dot\\.ted",
                                            "flag")]
    docs, want = [], []
    TREE, FORM = tree_of(listed), formed
    for _ in range(4000):
        rows = [{"n": whole(rng), "sub": f'{{"k":{whole(rng)},"z":"{CANARY}"}}',
                 "list": f'[{whole(rng)},"wx",null,[]]'}
                for _ in range(rng.randrange(4))]
        body = ",".join(
            f'{{"n":{r["n"]},"x":"{CANARY}","sub":{r["sub"]},'
            f'"list":{r["list"]}}}' for r in rows)
        flag = rng.choice(["no", "yes", "", "maybe"])
        bad = rng.random() < 0.1
        grid = "[[1],2]" if bad else f"[[{whole(rng)}],null,[]]"
        docs.append(
            f'{{"id":{whole(rng)},"on":"{CANARY}","who":{{"name":"{CANARY}",'
            f'"home":{{"zip":"{CANARY}"}},"tags":["t",7,true]}},'
            f'"rows":[{body}],"grid":{grid},"flag":"{flag}",'
            f'"dot.ted":"{CANARY}","zz":{{"a":["{CANARY}"]}}}}')
        if bad or flag in ("no", ""):
            continue
        row = project(read_line(docs[-1].encode()), TREE | {
            name: (0, True, name, {}) for name in ("on", "dot.ted", "flag")})
        want.append(finish(row))
    with open(sys.argv[3] + "/policy.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY)
    run = subprocess.run(
        [sys.argv[2], "transform", "--policy", sys.argv[3] + "/policy.yaml",
         "--agreement", "all", "--test-key"], check=False,
        input="\n".join(docs).encode(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    got = [read_line(line) for line in run.stdout.splitlines()]
    bad = [i for i in range(min(len(got), len(want)))
           if not same(got[i], want[i])]
    report(run.returncode == 0 and len(got) == len(want) and not bad,
           f"transform: {len(want)} of {len(docs)} records",
           [run.stderr.decode()[-300:]] + [
               f"wanted {want[i]}, got {got[i]}" for i in bad[:2]]
           if run.returncode or bad or len(got) != len(want) else [])
    report(CANARY.encode() not in run.stdout + run.stderr,
           "transform: no canary comes out")


def finish(row):
    """Without what only the conditions read; the blank form is null."""
    out = Pairs((n, v) for n, v in row if n not in ("on", "dot.ted", "flag"))
    who = Pairs((n, v) for n, v in dict(out)["who"] if n != "name")
    home = Pairs((n, None) for n, _ in dict(who)["home"])
    who = Pairs((n, home if n == "home" else v) for n, v in who)
    return Pairs((n, who if n == "who" else v) for n, v in out)


NUMBER, FAILED = 0, False
TREE, FORM = tree_of(PATHS), kept
print("1..14")
for size in (1, 7, 100, 65536):
    compare(size, random.Random(8259 + size))
through_the_tool(random.Random(8259))
sys.exit(1 if FAILED else 0)
EOF
