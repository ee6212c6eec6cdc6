"""Real programs under `allot check`: time and peak memory beside the same programs as they are, in turns.

Processor time, so that a busy machine tells the same; of a server, its own. `program` is the program with the library
loaded, `check` the whole command with its report, `guard` the same with --guard. The row `start` is a program that does
nothing else: what every process costs. `nanoseconds a pair` are what each malloc and free costs.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "programs"))
from real_programs import Program, programs  # noqa: E402
from report import Table  # noqa: E402

COLUMNS = ["native", "program", "check", "guard"]


def run_once(program, prefix, extra_environment):
    """Seconds of processor time and peak KiB, of the largest process."""
    process = subprocess.Popen(prefix + program.command, cwd=program.cwd, env=dict(os.environ, **extra_environment),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if program.drive:
        program.drive(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def ways(build, folder):
    """Column -> (prefix, environment)."""
    allot = str(build / "tools/allot/allot")
    check = [allot, "check", "-o", os.devnull]
    loaded = {"LD_PRELOAD": str(build / "lib/liballot-check.so"), "ALLOT_CHECK_RECORDS": folder}
    return {"native": ([], {}), "program": ([], loaded), "check": (check, {}), "guard": (check + ["--guard"], {})}


def memory_folder():
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def measure(program, build, rounds):
    """Column -> list of (seconds, KiB), column by column in turns."""
    samples = {column: [] for column in COLUMNS}
    for _ in range(rounds):
        with memory_folder() as records:
            for column, (prefix, environment) in ways(build, records).items():
                samples[column].append(run_once(program, prefix, environment))
    return samples


def add_ratios(table, name, samples, index, unit):
    values = {column: statistics.median(sample[index] for sample in samples[column]) / unit for column in COLUMNS}
    table.add(name, values)
    return {column: values[column] / values["native"] for column in COLUMNS[1:] if values["native"]}


def median_row(table, ratios):
    for column in COLUMNS[1:]:
        print(f"  {table.title}: median of {column} / native: "
              f"{statistics.median(row[column] for row in ratios):.2f}x")


def pairs_table(build, rounds):
    table = Table("nanoseconds a pair", "malloc and free", ["native", "program"], ["program"], 1)
    for live in ("100", "10000"):
        program = [str(build / "benchmarks/check/allot_pairs"), live]
        values = {"native": [], "program": []}
        for _ in range(rounds):
            with memory_folder() as records:
                for column, (_, environment) in list(ways(build, records).items())[:2]:
                    output = subprocess.run(program, env=dict(os.environ, **environment), capture_output=True, text=True)
                    values[column].append(float(output.stdout))
        table.add(f"{live} live blocks", {column: statistics.median(sample) for column, sample in values.items()})
    return table


def run(options):
    times = Table("time", "seconds of processor time", COLUMNS, COLUMNS[1:], 3)
    memory = Table("peak memory", "MiB", COLUMNS, COLUMNS[1:], 1)
    time_ratios, memory_ratios = [], []
    with tempfile.TemporaryDirectory() as folder:
        known = {"start": Program(["ls", "-d", "/"]), **programs(folder, 8)}
        for name, program in known.items():
            if options.only and options.only not in name:
                continue
            samples = measure(program, options.build, options.rounds)
            of_time = add_ratios(times, name, samples, 0, 1)
            of_memory = add_ratios(memory, name, samples, 1, 1024)
            if name != "start":
                time_ratios.append(of_time)
                memory_ratios.append(of_memory)
            print(f"  {name}", flush=True)
    if time_ratios:
        median_row(times, time_ratios)
        median_row(memory, memory_ratios)
    return [times, memory, pairs_table(options.build, options.rounds)]
