"""FF1 of NIST SP 800-38G, and the codes of the same shape that are made of it,
from the standard and crypto/FORMATS.md, with the AES of python3-cryptography.
"""
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB


def number(radix, numerals):
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def numerals_of(radix, value, length):
    out = []
    for _ in range(length):
        value, numeral = divmod(value, radix)
        out.append(numeral)
    return out[::-1]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def ff1_encrypt(key, radix, tweak, plain):
    """Algorithm 7, step by step."""
    cipher = Cipher(AES(key), ECB()).encryptor()
    n, t = len(plain), len(tweak)
    u = n // 2
    v = n - u
    a, b = plain[:u], plain[u:]
    width = ((radix**v - 1).bit_length() + 7) // 8
    d = 4 * ((width + 3) // 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256])
    p += n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + bytes((-t - width - 1) % 16) + bytes([i])
        q += number(radix, b).to_bytes(width, "big")
        r = bytes(16)
        for at in range(0, len(p + q), 16):
            r = cipher.update(xor(r, (p + q)[at : at + 16]))
        s = r
        for j in range(1, (d + 15) // 16):
            s += cipher.update(xor(r, j.to_bytes(16, "big")))
        y = int.from_bytes(s[:d], "big")
        m = u if i % 2 == 0 else v
        c = numerals_of(radix, (number(radix, a) + y) % radix**m, m)
        a, b = b, c
    return a + b


def is_symbol(c):
    return c.isascii() and c.isalnum()


def shape(key, folded, value):
    """A digit for a digit, a letter for a letter, the rest as it is."""
    symbols = [c for c in value if is_symbol(c)]
    radices = [10 if c.isdigit() else 26 for c in symbols]
    plain = [
        int(c) if c.isdigit() else ord(c.lower()) - ord("a") for c in symbols
    ]
    tweak = "".join(
        "9" if c.isdigit() else "A" if folded or c.isupper() else "a"
        for c in symbols
    ).encode()
    if len(set(radices)) == 1:
        coded = ff1_encrypt(key, radices[0], tweak, plain)
    else:
        domain, rank = 1, 0
        for radix, numeral in zip(radices, plain):
            domain, rank = domain * radix, rank * radix + numeral
        length = (domain - 1).bit_length()
        bits = numerals_of(2, rank, length)
        while True:
            bits = ff1_encrypt(key, 2, tweak, bits)
            rank = number(2, bits)
            if rank < domain:
                break
        coded = []
        for radix in radices[::-1]:
            rank, numeral = divmod(rank, radix)
            coded.insert(0, numeral)
    out = []
    for c in value:
        if not is_symbol(c):
            out.append(c)
            continue
        numeral = coded.pop(0)
        if c.isdigit():
            out.append(str(numeral))
        else:
            out.append(chr(ord("A" if c.isupper() else "a") + numeral))
    return "".join(out)
