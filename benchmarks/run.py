#!/usr/bin/env python3
"""Runs the benchmarks of a release build and prints their tables.

    benchmarks/run.py --build build/release                 the fast heap against every malloc that is installed
    benchmarks/run.py --build build/release programs        real programs, the malloc library preloaded
    benchmarks/run.py --build build/release check          real programs under `allot check`, beside themselves as they are
    benchmarks/run.py --build build/release regions         arenas and pools against std::pmr and foonathan/memory
    benchmarks/run.py --build build/release instructions    instructions a pair, counted by callgrind
    benchmarks/run.py --build build/release http            the HTTP server against nginx, Beast and cpp-httplib
    benchmarks/run.py --build build/release NAME            the program of another directory here

All allocators run each workload in turn, in short processes of their own, for several rounds; a cell is the median of
the rounds. `best peer` is the lowest cell of the row among the others, and a ratio is ours over that. A newer peer is
measured with --peer NAME=/path/to/lib.so.
"""

import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "harness"))
import checked  # noqa: E402
import heap  # noqa: E402
import instructions  # noqa: E402
import peers  # noqa: E402
import programs  # noqa: E402
import regions  # noqa: E402
import report  # noqa: E402

OWN = {"check": checked, "heap": heap, "programs": programs, "regions": regions, "instructions": instructions}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run (default: heap)")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--ms", type=int, default=40, help="milliseconds a cell and round")
    parser.add_argument("--only", help="only workloads whose name contains this")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=LIBRARY")
    parser.add_argument("--json", type=pathlib.Path, help="write every number there")
    parser.add_argument("--svg", type=pathlib.Path, help="write a plot a table into this directory")
    options, options.rest = parser.parse_known_args()
    if options.rest and not all((HERE / name / "run.py").exists() for name in options.names or ["heap"]):
        parser.error("unknown arguments: " + " ".join(options.rest))
    return options


def run_other(name, options):
    """A benchmark of another directory: its run.py, which takes the arguments not known here, or its program. Either
    prints its own table."""
    build = options.build
    script = HERE / name / "run.py"
    if script.exists():
        arguments = ["--build", build, *options.rest] + (["--json", options.json] if options.json else [])
        sys.exit(subprocess.run([sys.executable, script, *arguments]).returncode)
    programs_found = sorted(path for path in (build / "benchmarks" / name).glob("*")
                            if path.is_file() and os.access(path, os.X_OK))
    if not programs_found:
        sys.exit(f"no benchmark {name} in {build}")
    for program in programs_found:
        print(program.name, flush=True)
        subprocess.run([program], check=True)


def main():
    options = parse_arguments()
    options.build = options.build.resolve()
    options.peers = peers.installed(options.peer)
    results = {}
    for name in options.names or ["heap"]:
        if name not in OWN:
            run_other(name, options)
            continue
        tables = OWN[name].run(options)
        results[name] = [table.as_json() for table in tables]
        for number, table in enumerate(tables):
            print(table.as_text())
            if options.svg:
                report.write_svg(table, options.svg / f"{name}-{number}.svg")
    if options.json:
        report.write_json(results, options.json)


if __name__ == "__main__":
    main()
