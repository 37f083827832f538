#!/bin/bash
# The CSV decoder against Python's, on generated files. Which files are CSV is
# said by the grammar of RFC 4180, section 2, as a regular expression (with LF
# allowed for CRLF, and every record as long as the header); what is in them,
# by Python's csv module in its strict mode.
set -u
program=build/${VARIANT:-release}/tests/csv_dump
[ -x "$program" ] || make -s "$program" >&2 || exit 1
exec /usr/bin/python3 - "$program" <<'EOF'
import csv
import io
import random
import re
import struct
import subprocess
import sys

MARK = "\xef\xbb\xbf"


class Dialect:
    """What separates fields, and whether a quote means anything."""

    def __init__(self, delimiter, quoted):
        self.delimiter = delimiter
        self.quoted = quoted
        plain = f"[^{delimiter}\r\n\0" + ('"' if quoted else "") + "]*"
        field = rf'(?:"(?:[^"\0]|"")*"|{plain})' if quoted else plain
        record = f"{field}(?:[{delimiter}]{field})*"
        self.whole = re.compile(
            f"{record}(?:\r?\n{record})*(?:\r?\n)?", re.DOTALL)
        other = ";" if delimiter == "," else ","
        self.tokens = ["a", "b", "x y", "\xe9", '"', '""', delimiter,
                       delimiter, "\n", "\r\n", "\r", other, "\0"]
        self.arguments = [delimiter] + ([] if quoted else ["unquoted"])

    def rows(self, text):
        how = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        return csv.reader(io.StringIO(text, newline=""), strict=True,
                          delimiter=self.delimiter, quoting=how)


def rubbish(rng, dialect):
    weights = [9, 9, 3, 2, 2, 3, 9, 9, 6, 3, 0.15, 2, 0.1]
    text = "".join(rng.choices(dialect.tokens, weights,
                               k=rng.randrange(0, 24)))
    return MARK + text if rng.random() < 0.05 else text


def table(rng, dialect):
    """A right file, as a writer of mixed habits would leave it; or nearly."""
    width = rng.randrange(1, 5)
    special = {dialect.delimiter, "\r", "\n"}
    lines = []
    for _ in range(rng.randrange(1, 8)):
        cells = []
        for _ in range(width):
            cell = "".join(rng.choices(dialect.tokens[:12],
                                       k=rng.randrange(0, 5)))
            if not dialect.quoted:
                cell = "".join(c for c in cell if c not in special)
            elif set(cell) & (special | {'"'}) or rng.random() < 0.3:
                cell = '"' + cell.replace('"', '""') + '"'
            cells.append(cell)
        lines.append(dialect.delimiter.join(cells))
    end = rng.choice(["\n", "\r\n"])
    text = end.join(lines) + rng.choice(["", end])
    if rng.random() < 0.2 and text:
        at = rng.randrange(len(text))
        text = (text[:at] + rng.choice(dialect.tokens)
                + text[at + rng.randrange(2):])
    return text


def expected(text, dialect):
    if text.startswith(MARK):
        text = text[len(MARK):]
    if text == "" or not dialect.whole.fullmatch(text):
        return "error"
    rows = [row or [""] for row in dialect.rows(text)]
    if any(len(row) != len(rows[0]) for row in rows):
        return "error"
    return "ok " + "".join(
        ",".join(cell.encode("latin-1").hex() for cell in row) + ";"
        for row in rows)


def main():
    rng = random.Random(4180)
    runs = [(Dialect(",", True), block) for block in (1, 5, 4096)]
    runs += [(Dialect(";", True), 3), (Dialect("|", True), 4096),
             (Dialect("\t", True), 7), (Dialect("\t", False), 1),
             (Dialect(",", False), 4096)]
    print(f"1..{2 * len(runs)}")
    failed = False
    for number, (dialect, block) in enumerate(runs):
        texts = [rubbish(rng, dialect) for _ in range(3000)]
        texts += [table(rng, dialect) for _ in range(3000)]
        wanted = [expected(text, dialect) for text in texts]
        good = sum(want != "error" for want in wanted)
        enough = good > 1500 and len(texts) - good > 700
        print(("ok" if enough else "not ok") + f" {2 * number + 1} - "
              f"{good} of {len(texts)} files are of the dialect")
        data = b"".join(struct.pack(">I", len(text)) + text.encode("latin-1")
                        for text in texts)
        run = subprocess.run([sys.argv[1], str(block)] + dialect.arguments,
                             input=data, stdout=subprocess.PIPE, check=False)
        got = run.stdout.decode().splitlines()
        bad = [i for i in range(len(texts))
               if i >= len(got) or got[i] != wanted[i]]
        right = not bad and run.returncode == 0 and len(got) == len(texts)
        failed |= not right or not enough
        print(("ok" if right else "not ok") + f" {2 * number + 2} - "
              f"{dialect.arguments} in blocks of {block}")
        for i in bad[:3]:
            print(f"# {texts[i]!r}: wanted {wanted[i]}, got "
                  f"{got[i] if i < len(got) else 'nothing'}")
    return 1 if failed else 0


sys.exit(main())
EOF
