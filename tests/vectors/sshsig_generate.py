#!/usr/bin/python3
"""Makes sshsig.txt: signatures of ssh-keygen (OpenSSH 9.2), and those that a
security key would make, which is built here with python3-cryptography by
PROTOCOL.u2f, since there is none.

usage: sshsig_generate.py > sshsig.txt
"""

import base64
import hashlib
import os
import struct
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

NAMESPACE = "gatehouse-policy"
MESSAGE = b"gatehouse policy change\nversion: 2\n"


def field(data):
    return struct.pack(">I", len(data)) + data


def number(value):
    return field(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def block(name, key, signature, namespace=NAMESPACE, message=MESSAGE):
    print("Name = " + name)
    print("Key = " + key.encode().hex())
    print("Namespace = " + namespace)
    print("Message = " + message.hex())
    print("Signature = " + signature.hex() + "\n")


def by_ssh_keygen(kind, hashed, message=MESSAGE):
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C",
                        "anna of the clinic", "-f", key], check=True)
        signature = subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE,
             "-O", "hashalg=" + hashed, "-f", key],
            input=message, stdout=subprocess.PIPE, check=True).stdout
        with open(key + ".pub", encoding="ascii") as public:
            line = public.read().rstrip("\n")
    block("ssh-keygen " + kind + " " + hashed, line, signature,
          message=message)


def armor(data):
    digits = base64.b64encode(data).decode()
    lines = [digits[i:i + 70] for i in range(0, len(digits), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines,
                      "-----END SSH SIGNATURE-----", ""]).encode()


def by_security_key(kind, flags, name):
    application, counter = b"ssh:", 7
    signed = b"SSHSIG" + field(NAMESPACE.encode()) + field(b"") + \
        field(b"sha512") + field(hashlib.sha512(MESSAGE).digest())
    rest = struct.pack(">BI", flags, counter)
    touched = hashlib.sha256(application).digest() + rest + \
        hashlib.sha256(signed).digest()
    if kind == "sk-ssh-ed25519@openssh.com":
        secret = ed25519.Ed25519PrivateKey.generate()
        public = field(secret.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw))
        signature = field(secret.sign(touched))
    else:
        secret = ec.generate_private_key(ec.SECP256R1())
        public = field(b"nistp256") + field(secret.public_key().public_bytes(
            serialization.Encoding.X962,
            serialization.PublicFormat.UncompressedPoint))
        r, s = utils.decode_dss_signature(
            secret.sign(touched, ec.ECDSA(hashes.SHA256())))
        signature = field(number(r) + number(s))
    key = field(kind.encode()) + public + field(application)
    whole = b"SSHSIG" + struct.pack(">I", 1) + field(key) + \
        field(NAMESPACE.encode()) + field(b"") + field(b"sha512") + \
        field(field(kind.encode()) + signature + rest)
    block(name, kind + " " + base64.b64encode(key).decode(), armor(whole))


print("# Made by tests/vectors/sshsig_generate.py; see there.\n")
for hash_name in ("sha512", "sha256"):
    for key_kind in ("ed25519", "ecdsa"):
        by_ssh_keygen(key_kind, hash_name)
by_ssh_keygen("ed25519", "sha512", b"")
for key_kind in ("sk-ssh-ed25519@openssh.com",
                 "sk-ecdsa-sha2-nistp256@openssh.com"):
    by_security_key(key_kind, 1, key_kind)
    by_security_key(key_kind, 0, "untouched " + key_kind)
