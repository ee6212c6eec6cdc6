"""Instructions a pair at 64 bytes and in the random batch, counted by callgrind: the repeatable truth."""

import re
import subprocess
import tempfile

from heap import contenders, environment
from report import Table

WORKLOADS = {"pair.64": 2, "batch.random": 10}


def count(worker, api, library, workload, calls):
    """Instructions of the whole process and the operations it did."""
    with tempfile.NamedTemporaryFile() as file:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file.name}", worker, api, workload, "0", str(calls)]
        result = subprocess.run(command, env=environment(library), capture_output=True, text=True, check=True)
    instructions = int(re.search(r"Collected : (\d+)", result.stderr).group(1))
    operations = int(re.search(r'"operations": (\d+)', result.stdout).group(1))
    return instructions, operations


def per_operation(worker, api, library, workload, calls):
    """The difference of two runs, so that the start of the process does not count."""
    few, few_operations = count(worker, api, library, workload, calls)
    many, many_operations = count(worker, api, library, workload, 3 * calls)
    return (many - few) / (many_operations - few_operations)


def run(options):
    worker = str(options.build / "benchmarks/heap/allot_bench_heap")
    columns = contenders(options)
    table = Table("instructions", "instructions an operation, the loop's own 3 to 5 included", list(columns),
                  ["smp", "smp.handle", "instance", "malloc"], 1)
    for workload, calls in WORKLOADS.items():
        table.add(workload, {column: per_operation(worker, api, library, workload, calls)
                             for column, (api, library) in columns.items()})
    return [table]
