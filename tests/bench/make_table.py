#!/usr/bin/python3
"""make_table.py BYTES FILE: a table of patients, of about so many bytes.

Twenty columns, a third of the bytes are notes. The first 8 MiB are drawn from
a fixed seed and then repeated, so that a gigabyte takes a second to write:
nothing that is measured here profits from values it has seen before.
"""
import random
import sys

HEADER = ("mrn,account,name,email,birth,zip,sex,admitted,left,ward,diagnosis,"
          "procedure,weight,height,systolic,diastolic,glucose,amount,note,"
          "consent\n")
WORDS = ("patient reports mild pain after the second dose no fever blood "
         "pressure stable advised rest and fluids follow up in two weeks "
         "family informed").split()


def row(draw, number):
    year = draw.randint(1930, 2020)
    note = " ".join(draw.choices(WORDS, k=draw.randint(8, 24)))
    if number % 8 == 0:
        note = f'"{note}, ""urgent"", {number}"'
    return (f"A-{number:07d},DE{draw.randrange(10 ** 18):018d},"
            f"Name{number} Surname{draw.randrange(9999)},"
            f"p{number}@clinic.example,{year}-{draw.randint(1, 12):02d}-"
            f"{draw.randint(1, 28):02d},{draw.randint(10000, 99999)},"
            f"{draw.choice('MF')},2026-{draw.randint(1, 12):02d}-"
            f"{draw.randint(1, 28):02d},2026-12-31,W{draw.randint(1, 40)},"
            f"{draw.choice('ABCDEIJKM')}{draw.randint(10, 99)}."
            f"{draw.randint(0, 9)},{draw.randrange(10 ** 6):06d},"
            f"{draw.randint(40, 140)}.{draw.randint(0, 9)},"
            f"{draw.randint(140, 200)},{draw.randint(90, 180)},"
            f"{draw.randint(50, 110)},{draw.randint(60, 300)},"
            f"{draw.randint(10, 90000)}.{draw.randint(0, 99):02d},{note},"
            f"{'no' if number % 10 == 9 else 'yes'}\n")


def main():
    want, path = int(sys.argv[1]), sys.argv[2]
    draw = random.Random(1)
    rows, length = [], 0
    while length < min(want - len(HEADER), 8 << 20):
        rows.append(row(draw, len(rows)))
        length += len(rows[-1])
    block = "".join(rows).encode()
    left = want - len(HEADER)
    with open(path, "wb") as out:
        out.write(HEADER.encode())
        while left >= len(block):
            left -= out.write(block)
        # Whole records: up to the last line end that fits.
        out.write(block[:block.rfind(b"\n", 0, left) + 1])


if __name__ == "__main__":
    main()
