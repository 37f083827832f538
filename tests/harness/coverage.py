#!/usr/bin/python3
"""coverage.py OBJECTS [--least PERCENT] [--missing PREFIX] [FOLDER ...]

Line and branch coverage per folder and file, from the counts that a build with
gcc --coverage left under OBJECTS. Each FOLDER must reach PERCENT (90) of its
branches, else the status is 1. A branch is what gcc counts at -O0: each way
out of each condition, so `if (a && b)` has four. Nothing is left out by marks
in the source; what a test cannot reach counts as not reached.

--missing lists the branches and lines of the files below PREFIX that nothing
took, one line each: for who writes the next test.
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys


FOLDERS = "crypto", "policy", "gateway"
# Some units include the source that they test: they have counts of it too.
COUNTED = *FOLDERS, "tests/unit"


class File:
    """The counts of one source, added up over all that compiled it."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = {}

    def add(self, line):
        """A line as gcov tells it; inline functions come more than once."""
        number = line["line_number"]
        self.lines[number] += line["count"]
        if not line["branches"]:
            return
        key = number, line.get("function_name", "")
        counts = self.branches.setdefault(key, [0] * len(line["branches"]))
        for i, branch in enumerate(line["branches"]):
            counts[i] += branch["count"]

    def figures(self):
        """(lines reached, lines, branches taken, branches)"""
        taken = sum(count > 0 for each in self.branches.values()
                    for count in each)
        return (sum(count > 0 for count in self.lines.values()),
                len(self.lines), taken,
                sum(len(each) for each in self.branches.values()))


def read_counts(objects):
    """{source: File}; a source that no program ran is there, with zeros."""
    notes = sorted(name for folder in COUNTED for name in glob.glob(
        os.path.join(objects, folder, "**", "*.gcno"), recursive=True))
    if not notes:
        sys.exit(f"coverage.py: no counts below {objects}")
    answer = subprocess.run(
        ["gcov", "--branch-probabilities", "--json-format", "--stdout",
         *notes], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if answer.returncode != 0:
        sys.stderr.buffer.write(answer.stderr)
        sys.exit("coverage.py: gcov cannot read the counts")
    files = collections.defaultdict(File)
    for document in answer.stdout.splitlines():
        for source in json.loads(document)["files"]:
            name = os.path.normpath(source["file"])
            if name.startswith(tuple(f"{folder}/" for folder in FOLDERS)):
                for line in source["lines"]:
                    files[name].add(line)
    return files


def percent(part, whole):
    return 100.0 if whole == 0 else 100.0 * part / whole


def row(name, figures):
    lines, all_lines, taken, all_branches = figures
    return (f"{name:<32} {percent(lines, all_lines):6.1f} % of {all_lines:5}"
            f" {percent(taken, all_branches):6.1f} % of {all_branches:5}")


def add_up(files):
    return tuple(map(sum, zip(*(file.figures() for file in files))))


def print_table(files):
    folders = collections.defaultdict(list)
    for name in sorted(files):
        folders[os.path.dirname(name)].append(name)
    print(f"{'':<32} {'lines':>16} {'branches':>16}")
    for folder, names in sorted(folders.items()):
        print(row(folder, add_up([files[name] for name in names])))
        for name in names:
            print(row("  " + os.path.basename(name), files[name].figures()))


def print_missing(files, prefix):
    for name in sorted(files):
        if not name.startswith(prefix):
            continue
        for (number, function), counts in sorted(files[name].branches.items()):
            for i, count in enumerate(counts):
                if count == 0:
                    print(f"{name}:{number}: {function}: branch {i + 1} of "
                          f"{len(counts)} is not taken")
        for number, count in sorted(files[name].lines.items()):
            if count == 0:
                print(f"{name}:{number}: is not reached")


def judge(files, folder, least):
    """One line for a folder that has to reach `least`; whether it does."""
    inside = [file for name, file in files.items()
              if os.path.dirname(name) == folder]
    if not inside:
        print(f"{folder}: no file was compiled")
        return False
    _, _, taken, all_branches = add_up(inside)
    # Not rounded up: 89.96 is no 90.
    reached = 100 * taken >= least * all_branches
    print(f"{folder}: {percent(taken, all_branches):.2f} % of the branches, "
          f"{'reaches' if reached else 'BELOW'} {least} %")
    return reached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("objects")
    parser.add_argument("--least", type=int, default=90)
    parser.add_argument("--missing", metavar="PREFIX")
    parser.add_argument("folder", nargs="*")
    options = parser.parse_args()
    files = {name: file for name, file in read_counts(options.objects).items()
             if name.split("/")[0] in FOLDERS}
    if options.missing is not None:
        print_missing(files, options.missing)
        return 0
    print_table(files)
    # All are judged, not all up to the first that fails.
    reached = [judge(files, folder, options.least)
               for folder in options.folder]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
