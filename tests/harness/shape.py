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


def luhn_holds(value):
    digits = [int(c) for c in value if c.isdigit()]
    twice = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(twice)) % 10 == 0


def mod97_holds(value):
    symbols = "".join(c for c in value if is_symbol(c))
    turned = symbols[4:] + symbols[:4]
    number_of = int("".join(str(int(c, 36)) for c in turned))
    return number_of % 97 == 1 and 2 <= int(symbols[2:4]) <= 98


def checked(key, rule, value):
    """A code whose check digits hold: found by trying all that there are."""
    places = [i for i, c in enumerate(value) if is_symbol(c)]
    holds = {"luhn": luhn_holds, "mod97": mod97_holds}[rule]
    if not holds(value):
        raise ValueError("check digits that do not hold")
    if rule == "luhn":
        free, digits, mark = slice(0, places[-1]), places[-1:], "L"
    else:
        free, digits = slice(places[4], None), places[2:4]
        mark = "I" + (value[places[0]] + value[places[1]]).upper()
    code = list(value)
    code[free] = shape(key, True, value[free], mark)
    found = []
    for guess in range(10 ** len(digits)):
        for place, digit in zip(digits, f"{guess:0{len(digits)}}"):
            code[place] = digit
        if holds("".join(code)):
            found.append("".join(code))
    assert len(found) == 1, found
    return found[0]


def shape(key, folded, value, mark=""):
    """A digit for a digit, a letter for a letter, the rest as it is."""
    symbols = [c for c in value if is_symbol(c)]
    radices = [10 if c.isdigit() else 26 for c in symbols]
    plain = [
        int(c) if c.isdigit() else ord(c.lower()) - ord("a") for c in symbols
    ]
    tweak = mark + "".join(
        "9" if c.isdigit() else "A" if folded or c.isupper() else "a"
        for c in symbols
    )
    tweak = tweak.encode()
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
