#!/usr/bin/python3
"""verify_ledger.py DIR VKEY: is this ledger what its key has signed?

Reads a ledger in the tlog-tiles layout (https://c2sp.org/tlog-tiles): the
signed checkpoint, every entry, every hash tile. Needs the public key and
nothing else: no library, no network, none of the gateway's code. VKEY is the
text of ledger.vkey, or @FILE. Exit 0 verified, 7 not verified, 2 usage.

It reads up to the checkpoint. Records that came within the last second lie
in the file `journal`; `gatehouse audit verify` checks those too.
"""
import base64
import hashlib
import json
import os
import sys

# Ed25519, RFC 8032 section 5.1. Verifying handles no secret, so that plain
# arithmetic, which takes a varying time, is no weakness.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_M1 = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_M1 % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(public, message, signature):
    a, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= Q:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left = multiply(s, BASE)
    right = add(r, multiply(int.from_bytes(digest, "little") % Q, a))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


class Wrong(Exception):
    """The ledger is not what was signed."""


def parse_vkey(text):
    name, key_id, key = text.strip().split("+", 2)
    typed = base64.b64decode(key, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    if typed[0] != 1 or len(typed) != 33 or bytes.fromhex(key_id) != expected:
        raise ValueError("not an Ed25519 vkey")
    return name, expected, typed[1:]


def read_checkpoint(folder, key):
    name, key_id, public = key
    with open(os.path.join(folder, "checkpoint"), encoding="utf-8") as file:
        text, _, signatures = file.read().rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ", 2)
        data = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and signer == name and data[:4] == key_id:
            if not ed25519_verify(public, text.encode(), data[4:]):
                raise Wrong("the checkpoint's signature is false")
            break
    else:
        raise Wrong("the checkpoint is not signed by this key")
    origin, size, root = text.splitlines()[:3]
    if origin != name:
        raise Wrong("the checkpoint is of another log")
    return int(size), base64.b64decode(root, validate=True)


def read_tile(folder, level, number, width):
    digits = f"{number:03d}"
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["tile", level, *("x" + g for g in groups[:-1]), groups[-1]])
    path = os.path.join(folder, path)
    if width < 256 and os.path.exists(f"{path}.p/{width}"):
        path = f"{path}.p/{width}"
    with open(path, "rb") as file:
        return file.read()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def subtree(hashes):
    """The root over hashes of equal subtrees, RFC 6962 section 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1", subtree(hashes[:split]), subtree(hashes[split:]))


def bundle_leaves(folder, number, width):
    """The leaf hashes of up to 256 entries, each of which must be JSON."""
    data, at, leaves = read_tile(folder, "entries", number, width), 0, []
    while len(leaves) < width:
        length = int.from_bytes(data[at:at + 2], "big")
        entry, at = data[at + 2:at + 2 + length], at + 2 + length
        index = number * 256 + len(leaves)
        if at > len(data):
            raise Wrong(f"record {index}: its bundle ends early")
        try:
            json.loads(entry)
        except ValueError:
            raise Wrong(f"record {index}: not JSON") from None
        leaves.append(sha256(b"\0", entry))
    return leaves


def check_level(folder, level, hashes):
    """The level's tiles hold these hashes; returns those of the level above."""
    above = []
    for at in range(0, len(hashes), 256):
        part = hashes[at:at + 256]
        tile = read_tile(folder, str(level), at // 256, len(part))
        for i, value in enumerate(part):
            if tile[i * 32:i * 32 + 32] != value:
                raise Wrong(f"record {(at + i) * 256**level}: a hash differs")
        if len(part) == 256:
            above.append(subtree(part))
    return above


def verify(folder, key):
    size, root = read_checkpoint(folder, key)
    hashes = []
    for at in range(0, size, 256):
        hashes += bundle_leaves(folder, at // 256, min(256, size - at))
    level, ragged = 0, []  # the root of what fills no tile, from below
    while hashes:
        edge = hashes[len(hashes) // 256 * 256:] + ragged
        ragged = [subtree(edge)] if edge else []
        hashes, level = check_level(folder, level, hashes), level + 1
    computed = ragged[0] if ragged else sha256()
    if computed != root:
        raise Wrong("entries and tiles agree, and are not what was signed")
    return size


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        text = sys.argv[2]
        if text.startswith("@"):
            with open(text[1:], encoding="utf-8") as file:
                text = file.read()
        key = parse_vkey(text)
    except (OSError, ValueError) as error:
        print(f"verify_ledger.py: the key: {error}", file=sys.stderr)
        return 2
    try:
        print(f"verified: {verify(sys.argv[1], key)} records of {key[0]}")
        return 0
    except (Wrong, OSError, ValueError, IndexError) as error:
        print(f"verify_ledger.py: not verified: {error}", file=sys.stderr)
        return 7


if __name__ == "__main__":
    sys.exit(main())
