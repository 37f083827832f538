#!/usr/bin/python3
"""expect_patients.py RAW GOT: fails unless GOT is what the scenarios' agreement
`train` makes of RAW: the rows that consent, in order, each value in its form.
"""
import csv
import sys


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        raw = list(csv.DictReader(file))
    with open(sys.argv[2], newline="", encoding="utf-8") as file:
        got = list(csv.reader(file))
    # 036 is a prefix of 20,000 people or fewer.
    want = [[r["birth_date"][:4],
             "000" if r["zip"][:3] == "036" else r["zip"][:3],
             r["sex"], r["diagnosis"][:3]]
            for r in raw if r["research"] == "yes"]
    assert got[0] == ["birth_date", "zip", "sex", "diagnosis"], got[0]
    assert len(got) - 1 == len(want), (len(got) - 1, len(want))
    for a, b in zip(got[1:], want):
        # People of 90 and more are one group, whatever it is called.
        if b[0] == "1925":
            assert "1925" not in a[0], a
            a, b = a[1:], b[1:]
        assert a == b, (a, b)
    groups = {a[0] for a, b in zip(got[1:], want) if b[0] == "1925"}
    assert len(groups) <= 1, groups
    print(f"{len(want)} rows as expected; the first: {','.join(got[1])}"
          if want else "no row, as expected")


if __name__ == "__main__":
    main()
