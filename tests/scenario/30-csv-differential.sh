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

FIELD = r'(?:"(?:[^"\0]|"")*"|[^",\r\n\0]*)'
RECORD = FIELD + "(?:," + FIELD + ")*"
WHOLE = re.compile(RECORD + "(?:\r?\n" + RECORD + ")*(?:\r?\n)?", re.DOTALL)
TOKENS = ["a", "b", "x y", "\xe9", '"', '""', ",", ",", "\n", "\r\n", "\r",
          " ", "\0"]
MARK = "\xef\xbb\xbf"


def rubbish(rng):
    weights = [9, 9, 3, 2, 2, 3, 9, 9, 6, 3, 0.15, 2, 0.1]
    text = "".join(rng.choices(TOKENS, weights, k=rng.randrange(0, 24)))
    return MARK + text if rng.random() < 0.05 else text


def table(rng):
    """A right file, as a writer of mixed habits would leave it; or nearly."""
    width = rng.randrange(1, 5)
    lines = []
    for _ in range(rng.randrange(1, 8)):
        cells = []
        for _ in range(width):
            cell = "".join(rng.choices(TOKENS[:12], k=rng.randrange(0, 5)))
            if set(cell) & set('",\r\n') or rng.random() < 0.3:
                cell = '"' + cell.replace('"', '""') + '"'
            cells.append(cell)
        lines.append(",".join(cells))
    end = rng.choice(["\n", "\r\n"])
    text = end.join(lines) + rng.choice(["", end])
    if rng.random() < 0.2 and text:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(TOKENS) + text[at + rng.randrange(2):]
    return text


def expected(text):
    if text.startswith(MARK):
        text = text[len(MARK):]
    if text == "" or not WHOLE.fullmatch(text):
        return "error"
    rows = [row or [""] for row in
            csv.reader(io.StringIO(text, newline=""), strict=True)]
    if any(len(row) != len(rows[0]) for row in rows):
        return "error"
    return "ok " + "".join(
        ",".join(cell.encode("latin-1").hex() for cell in row) + ";"
        for row in rows)


def main():
    rng = random.Random(4180)
    texts = [rubbish(rng) for _ in range(4000)]
    texts += [table(rng) for _ in range(4000)]
    wanted = [expected(text) for text in texts]
    good = sum(want != "error" for want in wanted)
    blocks = (1, 5, 4096)
    print(f"1..{len(blocks) + 1}")
    print(("ok" if good > 2000 and len(texts) - good > 1000 else "not ok")
          + f" 1 - {good} of {len(texts)} files are CSV")
    failed = False
    for number, block in enumerate(blocks, 2):
        data = b"".join(struct.pack(">I", len(text)) + text.encode("latin-1")
                        for text in texts)
        run = subprocess.run([sys.argv[1], str(block)], input=data,
                             stdout=subprocess.PIPE, check=False)
        got = run.stdout.decode().splitlines()
        bad = [i for i in range(len(texts))
               if i >= len(got) or got[i] != wanted[i]]
        right = not bad and run.returncode == 0 and len(got) == len(texts)
        failed |= not right
        print(("ok" if right else "not ok") + f" {number} - blocks of {block}")
        for i in bad[:3]:
            print(f"# {texts[i]!r}: wanted {wanted[i]}, got "
                  f"{got[i] if i < len(got) else 'nothing'}")
    return 1 if failed else 0


sys.exit(main())
EOF
