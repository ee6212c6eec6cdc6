#!/usr/bin/env python3
"""Counts the instructions of the fast paths under callgrind and compares them with golden.json.

    check_instructions.py PROGRAM            compare; exit 1 when a count drifted or a promise is broken
    check_instructions.py PROGRAM --update   write golden.json anew

Counts are repeatable to the instruction for one compiler; golden.json holds them for each compiler it was updated with.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ALLOCATIONS_A_ROUND = 1000
ROUNDS = (20, 120)
TOLERANCE = 0.02
GOLDEN = pathlib.Path(__file__).with_name("golden.json")

# What the project promises: scenario, at most this often, the instructions of the other one.
PROMISES = [
    ("arena.direct", 1.3, "bump.inline"),
    ("arena.handle", 1.0, "monotonic.virtual"),
    ("fixed.direct", 1.3, "bump.inline"),
    ("fixed.handle", 1.0, "monotonic.virtual"),
    ("pool.pair", 1.2, "freelist.pair"),
    ("pool.inlined", 1.2, "freelist.inlined"),
    ("list.direct", 1.1, "vector.append"),
    ("list.handle", 1.1, "vector.append"),
]


def total_instructions(program, scenario, rounds):
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program, scenario, str(rounds)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def instructions_an_allocation(program, scenario):
    few, many = (total_instructions(program, scenario, rounds) for rounds in ROUNDS)
    return round((many - few) / ((ROUNDS[1] - ROUNDS[0]) * ALLOCATIONS_A_ROUND), 2)


def broken_promises(counts):
    for scenario, factor, reference in PROMISES:
        if counts[scenario] > factor * counts[reference]:
            yield f"{scenario}: {counts[scenario]}, more than {factor} x {reference} ({counts[reference]})"


def drifts(counts, golden):
    for scenario, expected in golden.items():
        if abs(counts[scenario] - expected) > TOLERANCE * expected:
            yield f"{scenario}: {counts[scenario]}, golden {expected}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--compiler", default="gnu-12-x86_64", help="the key of golden.json")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()

    scenarios = subprocess.run([options.program], capture_output=True, text=True, check=True).stdout.split()
    counts = {scenario: instructions_an_allocation(options.program, scenario) for scenario in scenarios}
    for scenario, count in counts.items():
        print(f"{scenario:20} {count:8.2f}")

    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    problems = list(broken_promises(counts))
    if options.update:
        golden[options.compiler] = counts
        GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")
    elif options.compiler in golden:
        problems += drifts(counts, golden[options.compiler])
    else:
        print(f"golden.json has no counts for {options.compiler}: promises checked only")
    for problem in problems:
        print("FAILED:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
