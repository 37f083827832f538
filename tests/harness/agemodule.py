#!/usr/bin/python3
"""agemodule.py FOLDER: what deploy/clients/gatehouse_age.py makes of files.

The age testkit's cases, files that Debian's age wrote, cut and altered ones.
FOLDER is for throw-away files. Prints "ok NAME" and "not ok NAME".
"""
import hashlib
import io
import os
import pickle
import random
import subprocess
import sys

sys.path.insert(0, "deploy/clients")
import gatehouse_age as age

folder = sys.argv[1]
seeded = random.Random(23)


def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note:
        print("  ", note)


class Counting:
    """Bytes, and which of them were asked for."""

    def __init__(self, data):
        self.data, self.size, self.asked = data, len(data), []

    def read_at(self, at, length):
        self.asked.append((at, length))
        return self.data[at:at + length]


# ---- the testkit ------------------------------------------------------------

def cases():
    case = {}
    with open("tests/vectors/age_testkit.txt", encoding="ascii") as file:
        for line in list(file) + ["\n"]:
            name, equals, value = line.strip().partition(" =")
            if line.startswith("#"):
                continue
            if not equals:
                if case:
                    yield case
                case = {}
            elif name == "File":
                case[name] = case.get(name, b"") + bytes.fromhex(value)
            elif name == "Zeros":
                case["File"] += bytes(int(value))
            elif name == "Identity":
                case.setdefault(name, []).append(value.strip())
            else:
                case[name] = value.strip()


def verdict(case):
    identity = "\n".join(case.get("Identity", [])) or "#"
    try:
        plain = age.open_age(case["File"], identity).read()
    except age.NoMatch:
        return "no match"
    except age.AgeError:
        return "failure"
    if hashlib.sha256(plain).hexdigest() != case["PayloadSha256"]:
        return "another plaintext"
    return "success"


number = 0
wrong = []
for case in cases():
    number += 1
    wanted = case["Expect"].split()[-1] if "failure" in case["Expect"] \
        else case["Expect"]
    got = verdict(case)
    if got != wanted:
        wrong.append((case["Name"], got, wanted))
point("testkit: 68 cases", number == 68, number)
point("testkit: each has its verdict", not wrong, wrong)

# ---- what age writes --------------------------------------------------------

identity = os.path.join(folder, "module.txt")
subprocess.run(["age-keygen", "-o", identity], check=True,
               stderr=subprocess.DEVNULL)
recipient = subprocess.run(["age-keygen", "-y", identity], check=True,
                           capture_output=True, text=True).stdout.strip()


def seal(plain):
    return subprocess.run(["age", "-r", recipient], input=plain, check=True,
                          capture_output=True).stdout


plains = {size: seeded.randbytes(size) for size in
          (0, 1, 65535, 65536, 65537, 131072, 1000000)}
sealed = {size: seal(plain) for size, plain in plains.items()}
point("age: every size opens", all(
    age.open_age(sealed[n], identity).read() == plains[n] for n in plains))
with open(identity, encoding="ascii") as file:
    point("an identity may be given as text", age.open_age(
        sealed[65537], file.read()).read() == plains[65537])
path = os.path.join(folder, "object.age")
with open(path, "wb") as file:
    file.write(sealed[1000000])
point("a path", age.open_age(path, identity).read() == plains[1000000])
with open(path, "rb") as file:
    point("a file object", age.open_age(file, identity).read()
          == plains[1000000])

reader = age.open_age(path, identity)
plain = plains[1000000]
same = True
for _ in range(1000):
    at = seeded.randrange(len(plain) + 10)
    length = seeded.choice((0, 1, 100, 65536, 70000, 200000))
    reader.seek(at)
    same = same and reader.read(length) == plain[at:at + length] and \
        reader.tell() == max(at, min(at + length, len(plain)))
point("a thousand random seeks", same)
point("from the end", reader.seek(-5, io.SEEK_END) == 999995 and
      reader.read() == plain[-5:])
reader.seek(0)
point("piece by piece", b"".join(iter(lambda: reader.read(777), b"")) == plain)
text = seal("".join(f"{i},größe\n" for i in range(20000)).encode())
lines = io.TextIOWrapper(age.open_age(text, identity), encoding="utf-8")
point("as lines of text", [line.split(",")[0] for line in lines]
      == [str(i) for i in range(20000)])

source = Counting(sealed[1000000])
raw = age.AgeReader(source, age.read_identities(identity))
header = len(sealed[1000000]) - (16 + 16 * 16 + 1000000)
point("to open reads the front and the last chunk", source.asked == [
    (0, 4096), (header + 16 + 15 * 65552, 1000000 - 15 * 65536 + 16)],
      source.asked)
source.asked.clear()
raw.seek(5 * 65536 + 9)
point("a read elsewhere gives its bytes",
      raw.read(10) == plain[5 * 65536 + 9:5 * 65536 + 19])
point("and fetches one chunk", source.asked ==
      [(header + 16 + 5 * 65552, 65552)], source.asked)
source.asked.clear()
raw.seek(0)
whole = io.BufferedReader(raw).read()
point("in order it fetches many at once", whole == plain and
      len(source.asked) <= 3, source.asked)

# ---- cut, altered, of others ------------------------------------------------

def fails(data, kind=age.AgeError, until=None):
    """Raises, and what came out before was true."""
    came = b""
    try:
        reader = age.open_age(data, identity)
        while part := reader.read1(4096):
            came += part
    except kind:
        return plain.startswith(came)
    return False


whole = sealed[1000000]
cuts = [header - 1, header, header + 15, header + 16, header + 16 + 15,
        header + 16 + 65552, header + 16 + 2 * 65552, len(whole) - 1,
        len(whole) - 17] + [seeded.randrange(len(whole)) for _ in range(50)]
point("cut anywhere, it raises", all(fails(whole[:cut]) for cut in cuts))
point("with bytes behind, it raises", fails(whole + b"x") and
      fails(whole + bytes(65552)))
flips = list(range(0, header + 20, 7)) + \
    [seeded.randrange(len(whole)) for _ in range(100)]
bad = [at for at in flips if not fails(
    whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])]
point("a bit altered anywhere, it raises", not bad, bad)
begin = header + 16
chunks = [whole[begin + i * 65552:begin + (i + 1) * 65552] for i in range(16)]
point("two chunks exchanged, it raises", fails(whole[:begin] + b"".join(
    [chunks[1], chunks[0]] + chunks[2:])))
point("one left out, it raises", fails(whole[:begin] + b"".join(chunks[1:])))
other = os.path.join(folder, "other.txt")
subprocess.run(["age-keygen", "-o", other], check=True,
               stderr=subprocess.DEVNULL)
try:
    age.open_age(whole, other)
    point("another identity is NoMatch", False)
except age.NoMatch:
    point("another identity is NoMatch", True)
try:
    with open(identity, encoding="ascii") as file:
        age.read_identities(file.read().replace("1", "2", 9))
    point("a broken identity is no identity", False)
except (age.AgeError, OSError) as error:
    point("a broken identity is no identity",
          isinstance(error, age.AgeError) and error.__cause__ is None)
point("an S3Object goes to other processes", pickle.loads(pickle.dumps(
    age.S3Object("b", "k", region_name="r"))).client_arguments
      == {"region_name": "r"})
