"""Arenas and pools against std::pmr and foonathan/memory."""

import json
import subprocess

from report import Table


def run(options):
    program = options.build / "benchmarks/regions/allot_bench_regions"
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = {}
    for cell in map(json.loads, lines):
        rows.setdefault(cell["row"], {})[cell["column"]] = cell["ns"]
    columns = list(dict.fromkeys(column for values in rows.values() for column in values))
    table = Table("regions", "ns an allocation (and its free, for pools), median", columns, ["allot", "allot.handle"])
    for name, values in rows.items():
        table.add(name, values)
    return [table]
