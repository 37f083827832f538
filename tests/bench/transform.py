#!/usr/bin/python3
"""transform.py: what bench.sh's agreement does to a table, as one would write
it in Python with csv and hmac. Standard input to standard output; the codes
differ, because the keys do."""
import base64
import csv
import hmac
import sys

KEY = bytes(range(32))
SMALL = {"036", "059", "102", "203", "205", "369", "556", "692", "821", "823",
         "878", "879", "884", "893"}


def code(kind, value):
    mac = hmac.digest(KEY, kind + value.encode(), "sha256")
    return "p0_" + base64.b32encode(mac[:16]).decode().rstrip("=").lower()


def main():
    rows = csv.reader(sys.stdin)
    out = csv.writer(sys.stdout, lineterminator="\n")
    names = next(rows)
    kept = ["mrn", "account", "birth", "zip", "sex", "admitted", "ward",
            "diagnosis", "procedure", "weight", "height", "systolic",
            "diastolic", "glucose", "amount"]
    assert names.index("glucose") == 16 and names[19] == "consent"
    out.writerow(kept)
    for row in rows:
        if row[19] != "yes":
            continue
        zip3 = row[5][:3]
        out.writerow((
            code(b"record-number", row[0]), code(b"iban", row[1]),
            row[4][:4], "000" if zip3 in SMALL else zip3, row[6], row[7][:7],
            row[9], row[10][:3], row[11], 5 * int(float(row[12]) / 5 + 0.5),
            *row[13:18]))


if __name__ == "__main__":
    main()
