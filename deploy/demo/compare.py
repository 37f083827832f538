#!/usr/bin/python3
"""Lays a raw CSV file and what was delivered of it side by side, and checks
the pair: as many rows as the rules let through and no raw value of a column
that is secret. Ends with status 1, and says why, when a check fails.

The rules are said here a second time, on purpose: this is not the gateway's
own opinion of what it did.
"""
import argparse
import csv
import sys
from datetime import date


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], [dict(zip(rows[0], row)) for row in rows[1:]]


def is_date(text):
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def lets_through(row, args):
    for column, values in args.only:
        if row[column].strip().lower() not in values:
            return False
    for column, limit in args.before:
        if not is_date(row[column]) or row[column] >= limit:
            return False
    return True


def rule(text):
    column, _, values = text.partition("=")
    return column, values.split(",")


def limit(text):
    column, _, value = text.partition("=")
    return column, value


def fit(text, width):
    text = text.replace("\n", " ")
    return text.ljust(width)[:width] if len(text) <= width \
        else text[:width - 1] + "~"


def table(header, rows):
    widths = [max(len(name), *(len(row[i]) for row in rows))
              for i, name in enumerate(header)]
    widths = [min(width, 29) for width in widths]
    return ["  ".join(fit(cell, width) for cell, width in zip(row, widths))
            for row in [header] + rows]


def show(args, raw, passing, header, got):
    left = [[row[name] for name in args.left] for row in raw[:args.show]]
    right, taken = [], 0
    for row in raw[:args.show]:
        if row in passing:
            right.append([got[taken][name] for name in args.right])
            taken += 1
        else:
            right.append(None)
    some = [row for row in right if row] or [[""] * len(args.right)]
    lines = iter(table(args.right, some))
    right = [next(lines)] + [next(lines) if row else f"(withheld: {args.why})"
                             for row in right]
    left = table(args.left, left)
    print(f"  {'raw, on premises'.ljust(len(left[0]))}   |  "
          "what the training job receives")
    for a, b in zip(left, right):
        print(f"  {a}   |  {b}".rstrip())
    rest = [name for name in header if name not in args.right]
    if rest:
        print(f"  delivered too: {', '.join(rest)}")


def check(args, raw, passing, got):
    if len(got) != len(passing):
        sys.exit(f"FAILED: {len(got)} rows arrived, the rules let "
                 f"{len(passing)} of {len(raw)} through")
    secret = {row[name] for row in raw for name in args.secret} - {"", "NA"}
    words = {word for row in raw for name in args.secret if name in args.names
             for word in row[name].split()}
    for row in got:
        for name, cell in row.items():
            if cell in secret or not words.isdisjoint(cell.split()):
                sys.exit(f"FAILED: a raw value stands in column {name}")
    print(f"  {len(raw)} rows on premises, {len(got)} released, "
          f"{len(raw) - len(got)} withheld; none of the {len(secret)} raw "
          "values came out")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("raw")
    parser.add_argument("got")
    parser.add_argument("--only", type=rule, action="append", default=[])
    parser.add_argument("--before", type=limit, action="append", default=[])
    parser.add_argument("--secret", type=lambda s: s.split(","), default=[])
    parser.add_argument("--names", type=lambda s: s.split(","), default=[])
    parser.add_argument("--left", type=lambda s: s.split(","), required=True)
    parser.add_argument("--right", type=lambda s: s.split(","), required=True)
    parser.add_argument("--why", default="no consent")
    parser.add_argument("--show", type=int, default=4)
    args = parser.parse_args()
    _, raw = read(args.raw)
    header, got = read(args.got)
    missing = [name for name in args.right if name not in header]
    if missing:
        sys.exit(f"FAILED: column {missing[0]} did not arrive")
    passing = [row for row in raw if lets_through(row, args)]
    if len(got) >= args.show:
        show(args, raw, passing, header, got)
    check(args, raw, passing, got)


if __name__ == "__main__":
    main()
