"""gatehouse_age: read objects that were delivered with `encrypt: age`.

    reader = open_age("2026-q1.csv.age", "identity.txt")
    reader = open_age(S3Object("sealed", "2026-q1.csv.age",
                               endpoint_url="https://gatehouse.example:8443",
                               verify="ca.pem"), "identity.txt")
    reader.seek(10**9)
    reader.read(100)        # fetches and opens the chunk that it lies in
    for line in reader: ...
    pandas.read_csv(reader)

and, where torch is installed, in a DataLoader with any number of workers:

    rows = AgeRows([S3Object("sealed", key, ...) for key in keys],
                   "identity.txt")
    for batch in torch.utils.data.DataLoader(rows, 256, num_workers=4): ...

age v1 (c2sp.org/age), binary, X25519 identities. Every byte that comes out was
authenticated in its place, and the length was before the first of them: what
is cut, moved or altered raises AgeError. One dependency, `cryptography`
(python3-cryptography): its wheels are wherever training images are, while a
binding by ctypes would have to find a libsodium there. boto3 and torch are
imported only by what needs them.
"""
import base64
import binascii
import csv
import hashlib
import hmac
import io
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey, X25519PublicKey)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["AgeError", "NoMatch", "Changed", "S3Object", "AgeReader",
           "AgeRows", "open_age", "read_identities"]

CHUNK = 64 * 1024
TAG = NONCE = 16
SEALED = CHUNK + TAG
HEADER_MAX = 64 * 1024
FRONT = 4096        # the header of 41 recipients, and a nonce
AHEAD = 64          # chunks in one request, when it is read in order


class AgeError(ValueError):
    """It is not what was sealed."""


class NoMatch(AgeError):
    """It is sealed, but to others."""


class Changed(AgeError):
    """The object is another one than it was: open it again."""


# ---- identities -------------------------------------------------------------

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _bech32(text):
    """BIP 173: the prefix, and the bytes. Raises ValueError."""
    if text.lower() != text and text.upper() != text:
        raise ValueError("two cases")
    prefix, _, data = text.lower().rpartition("1")
    values = [BECH32.index(c) for c in data]
    check = 1
    for value in ([ord(c) >> 5 for c in prefix] + [0] +
                  [ord(c) & 31 for c in prefix] + values):
        top = check >> 25
        check = (check & 0x1ffffff) << 5 ^ value
        for i, part in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                  0x3d4233dd, 0x2a1462b3)):
            check ^= part if top >> i & 1 else 0
    if check != 1 or len(values) < 6:
        raise ValueError("bad checksum")
    bits = "".join(f"{value:05b}" for value in values[:-6])
    whole = len(bits) // 8 * 8
    if len(bits) - whole > 4 or "1" in bits[whole:]:
        raise ValueError("bad padding")
    return prefix, bytes(int(bits[i:i + 8], 2) for i in range(0, whole, 8))


def read_identities(identity):
    """The private keys in an identity file, or in its text."""
    text = os.fspath(identity)
    if not text.lstrip().upper().startswith(("AGE-SECRET-KEY-1", "#")):
        with open(text, encoding="ascii") as file:
            text = file.read()
    keys = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        try:
            prefix, key = _bech32(line)
        except ValueError:
            prefix, key = "", b""
        if prefix != "age-secret-key-" or len(key) != 32:
            # Without the cause: it would show a part of the key.
            raise AgeError("not an identity") from None
        keys.append(X25519PrivateKey.from_private_bytes(key))
    if not keys:
        raise AgeError("no identity")
    return keys


# ---- the header -------------------------------------------------------------

def _decode(text, what):
    """Base64 without padding, in its one form."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise AgeError(f"{what} is not base64") from None
    if base64.b64encode(data).rstrip(b"=") != text:
        raise AgeError(f"{what} is not canonical base64")
    return data


def _hkdf(key, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


class _Lines:
    """The header's lines; the last one may be missing from a front."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def next(self):
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise EOFError
        line, self.at = self.data[self.at:end], end + 1
        return line


def _is_argument(word):
    return bool(word) and all(33 <= byte <= 126 for byte in word)


def _stanza(first, lines):
    words = first[3:].split(b" ")
    if not first.startswith(b"-> ") or not all(map(_is_argument, words)):
        raise AgeError("not a stanza")
    body = []
    while not body or len(body[-1]) == 64:
        body.append(lines.next())
        if len(body[-1]) > 64:
            raise AgeError("a stanza's line is too long")
    return words, _decode(b"".join(body), "a stanza's body")


def _unwrap(words, body, identity):
    """The file key, or None where the stanza is another's."""
    if words[0] == b"scrypt":
        raise AgeError("a passphrase beside recipients")
    if words[0] != b"X25519":
        return None
    if len(words) != 2:
        raise AgeError("an X25519 stanza has one argument")
    share = _decode(words[1], "a share")
    if len(share) != 32 or len(body) != 32:
        raise AgeError("an X25519 stanza of another length")
    try:
        secret = identity.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:
        raise AgeError("a share of low order") from None
    public = identity.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key = _hkdf(secret, share + public, b"age-encryption.org/v1/X25519")
    try:
        return ChaCha20Poly1305(key).decrypt(bytes(12), body, None)
    except InvalidTag:
        return None


def _read_header(data, identities):
    """The file key, and where the payload begins. EOFError: `data` ends in
    the header."""
    lines = _Lines(data)
    if lines.next() != b"age-encryption.org/v1":
        raise AgeError("not an age file of version 1")
    stanzas = []
    while not (line := lines.next()).startswith(b"---"):
        stanzas.append(_stanza(line, lines))
    if not stanzas or not line.startswith(b"--- "):
        raise AgeError("the header ends in another way")
    mac = _decode(line[4:], "the header's MAC")
    covered = data[:lines.at - len(line) - 1 + 3]
    found = [_unwrap(words, body, identity)
             for identity in identities for words, body in stanzas]
    keys = [key for key in found if key is not None]
    if not keys:
        raise NoMatch("it is sealed to others")
    wanted = hmac.digest(_hkdf(keys[0], None, b"header"), covered,
                         hashlib.sha256)
    if not hmac.compare_digest(mac, wanted):
        raise AgeError("the header was altered")
    return keys[0], lines.at


# ---- where sealed bytes come from -------------------------------------------

class _Bytes:
    def __init__(self, data):
        self.data, self.size = memoryview(data).cast("B"), len(data)

    def read_at(self, at, length):
        return bytes(self.data[at:at + length])


class _File:
    """A file object that can seek. It is ours while it is read."""

    def __init__(self, file, owned=False):
        self.file, self.owned = file, owned
        self.size = file.seek(0, io.SEEK_END)

    def read_at(self, at, length):
        self.file.seek(at)
        parts = []
        while length > 0 and (part := self.file.read(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def close(self):
        if self.owned:
            self.file.close()


class S3Object:
    """An object behind any S3 endpoint, read by ranges of one version.

    The keyword arguments are those of boto3.client("s3", ...). It can be
    pickled; every process that reads makes a client of its own.
    """

    def __init__(self, bucket, key, **client):
        self.bucket, self.key, self.client_arguments = bucket, key, client
        self.size = self.etag = self._client = self._process = None

    def __getstate__(self):
        return {**self.__dict__, "_client": None, "_process": None}

    def _s3(self):
        if self._process != os.getpid():
            import boto3
            self._client = boto3.session.Session().client(
                "s3", **self.client_arguments)
            self._process = os.getpid()
        return self._client

    def read_at(self, at, length):
        import botocore.exceptions
        condition = {"IfMatch": self.etag} if self.etag else {}
        try:
            got = self._s3().get_object(
                Bucket=self.bucket, Key=self.key,
                Range=f"bytes={at}-{at + length - 1}", **condition)
        except botocore.exceptions.ClientError as error:
            code = error.response["ResponseMetadata"].get("HTTPStatusCode")
            if code == 412:
                raise Changed("the object changed") from None
            raise
        if "ContentRange" not in got:
            raise AgeError("the server does not serve ranges")
        size = int(got["ContentRange"].rpartition("/")[2])
        if self.etag is None:
            self.size, self.etag = size, got["ETag"]
        elif (size, got["ETag"]) != (self.size, self.etag):
            raise Changed("the object changed")
        return got["Body"].read()


def _source(source):
    """What has read_at(), and a size after the first read."""
    if hasattr(source, "read_at"):
        return source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _Bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return _File(open(source, "rb"), owned=True)
    return _File(source)


# ---- the payload ------------------------------------------------------------

class AgeReader(io.RawIOBase):
    """The plaintext; seek and read open only the chunks that they need."""

    def __init__(self, source, identities):
        super().__init__()
        self._source, self._at, self._held = source, 0, (0, 0, b"")
        self._open(identities)

    def _open(self, identities):
        for length in (FRONT, HEADER_MAX + NONCE):
            front = self._source.read_at(0, length)
            try:
                key, start = _read_header(front, identities)
                break
            except EOFError:
                if len(front) < length:
                    raise AgeError("it ends in its header") from None
        else:
            raise AgeError("its header is too long")
        if self._source.size < start + NONCE:
            raise AgeError("it ends in its nonce")
        nonce = front[start:start + NONCE]
        if len(nonce) < NONCE:
            nonce = self._source.read_at(start, NONCE)
        self._aead = ChaCha20Poly1305(_hkdf(key, nonce, b"payload"))
        self._start = start + NONCE
        full, rest = divmod(self._source.size - self._start, SEALED)
        if 0 < rest < TAG or (rest == TAG and full > 0) or \
                (rest == 0 and full == 0):
            raise AgeError("no payload has this length")
        self._chunks = full + (rest > 0)
        self.size = full * CHUNK + (rest - TAG if rest else 0)
        # It opens as the last one: so the length is true.
        self._held = self._fetch(self._chunks - 1, 1)

    def _fetch(self, first, number):
        """(first, number, plaintext) of some chunks, by one read."""
        number = min(number, self._chunks - first)
        wanted = number * SEALED
        if first + number == self._chunks:
            wanted = self._source.size - self._start - first * SEALED
        sealed = self._source.read_at(self._start + first * SEALED, wanted)
        if len(sealed) != wanted:
            raise AgeError("it became shorter")
        parts = []
        for i in range(number):
            last = first + i == self._chunks - 1
            nonce = (first + i).to_bytes(11, "big") + bytes([last])
            try:
                parts.append(self._aead.decrypt(
                    nonce, sealed[i * SEALED:(i + 1) * SEALED], None))
            except InvalidTag:
                raise AgeError(f"chunk {first + i} was altered") from None
        return first, number, b"".join(parts)

    def readinto(self, buffer):
        if self._at >= self.size or len(buffer) == 0:
            return 0
        chunk = self._at // CHUNK
        first, number, plain = self._held
        if not first <= chunk < first + number:
            # In order: so it will go on. Elsewhere: what was asked for.
            wanted = (self._at % CHUNK + len(buffer) + CHUNK - 1) // CHUNK
            ahead = AHEAD if chunk == first + number else 1
            self._held = self._fetch(chunk, max(min(wanted, AHEAD), ahead))
            first, number, plain = self._held
        skip = self._at - first * CHUNK
        part = plain[skip:skip + len(buffer)]
        buffer[:len(part)] = part
        self._at += len(part)
        return len(part)

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}
        if base[whence] + offset < 0:
            raise ValueError("before the beginning")
        self._at = base[whence] + offset
        return self._at

    def tell(self):
        return self._at

    def readable(self):
        return True

    def seekable(self):
        return True

    def close(self):
        if not self.closed and hasattr(self._source, "close"):
            self._source.close()
        super().close()


def open_age(source, identity):
    """A buffered binary reader of the plaintext.

    source    a path, bytes, a file object that can seek, or an S3Object
    identity  the path of an identity file, or its text
    """
    source = _source(source)
    try:
        reader = AgeReader(source, read_identities(identity))
    except BaseException:
        getattr(source, "close", lambda: None)()
        raise
    return io.BufferedReader(reader, CHUNK)


# ---- PyTorch ----------------------------------------------------------------

def csv_rows(reader):
    """The rows of a CSV object, as dictionaries."""
    text = io.TextIOWrapper(reader, encoding="utf-8", newline="")
    yield from csv.DictReader(text)


def _make_rows():
    import torch.utils.data

    class AgeRows(torch.utils.data.IterableDataset):
        """What `parse` gives of each object, objects dealt to the workers."""

        def __init__(self, sources, identity, parse=csv_rows):
            super().__init__()
            self.sources = list(sources)
            self.identity, self.parse = identity, parse

        def __iter__(self):
            worker = torch.utils.data.get_worker_info()
            first, step = (worker.id, worker.num_workers) if worker else (0, 1)
            for source in self.sources[first::step]:
                with open_age(source, self.identity) as reader:
                    yield from self.parse(reader)

    AgeRows.__module__, AgeRows.__qualname__ = __name__, "AgeRows"
    return AgeRows


def __getattr__(name):
    # torch takes seconds to load, and many who read have none.
    if name != "AgeRows":
        raise AttributeError(name)
    globals()[name] = _make_rows()
    return globals()[name]
