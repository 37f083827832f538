#!/usr/bin/python3
"""needles.py <VALUES >NEEDLES: each value, one a line, in every form in which it
could lie in a file, for `grep -aFf`: as it is, in small letters, backwards, in
hexadecimal, in UTF-16, and in base64 from each of its three beginnings.
"""
import base64
import sys

needles = set()
for line in sys.stdin.buffer:
    value = line.rstrip(b"\n")
    for v in (value, value.lower()):
        needles |= {v, v[::-1], v.hex().encode(), v.hex().upper().encode(),
                    v.decode().encode("utf-16-le")}
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + v)
            needles.add(text[4:-4])
for needle in sorted(n for n in needles if len(n) > 7):
    sys.stdout.buffer.write(needle + b"\n")
