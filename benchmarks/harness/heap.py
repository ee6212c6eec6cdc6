"""The fast heap, through its own interfaces and through malloc, against the mallocs of others."""

import json
import os
import statistics
import subprocess

from report import Table

TARGETS = ["smp", "smp.handle", "instance", "malloc"]


def environment(library):
    env = dict(os.environ)
    env.pop("LD_PRELOAD", None)
    if library:
        env["LD_PRELOAD"] = library
    return env


def contenders(options):
    """Column -> (API of the worker, library to preload)."""
    found = {
        "smp": ("smp", None),
        "smp.handle": ("smp.handle", None),
        "instance": ("instance", None),
        "malloc": ("malloc", str(options.build / "src/preload/malloc/liballot-malloc.so")),
    }
    for name, library in options.peers.items():
        found[name] = ("malloc", library)
    return found


def measure(worker, api, library, workload, milliseconds):
    command = [worker, api, workload, str(milliseconds)]
    output = subprocess.run(command, env=environment(library), capture_output=True, text=True, check=True).stdout
    return json.loads(output)


def scaling(times, columns):
    """The throughput of two threads over that of one; a peer's column is ours to compare with, not to divide by."""
    rows = dict(times.rows)
    if "churn.1" not in rows or "churn.2" not in rows:
        return []
    table = Table("two threads", "operations a second of two threads over those of one", list(columns), [])
    one, two = rows["churn.1"], rows["churn.2"]
    table.add("churn", {column: 2 * one[column] / two[column] for column in columns})
    return [table]


def run(options):
    worker = str(options.build / "benchmarks/heap/allot_bench_heap")
    names = subprocess.run([worker, "list"], capture_output=True, text=True, check=True).stdout.split()
    names = [name for name in names if not options.only or options.only in name]
    columns = contenders(options)
    times = Table("workload", "ns an operation, median of rounds", list(columns), TARGETS)
    peaks = Table("peak memory", "MiB above the start", list(columns), TARGETS, 1)
    settled = Table("settled memory", "MiB above the start", list(columns), TARGETS, 1)
    for name in names:
        samples = {column: [] for column in columns}
        for _ in range(options.rounds):
            for column, (api, library) in columns.items():
                samples[column].append(measure(worker, api, library, name, options.ms))

        def median(key, samples=samples):
            return {column: statistics.median(sample[key] for sample in runs) for column, runs in samples.items()}

        before = median("before_kib")
        times.add(name, median("ns"))
        peaks.add(name, {column: max(0.1, (kib - before[column]) / 1024) for column, kib in median("peak_kib").items()})
        settled.add(name, {column: max(0.1, (kib - before[column]) / 1024) for column, kib in median("settled_kib").items()})
        print(f"  {name}", flush=True)
    return [times, *scaling(times, columns), peaks, settled]
