"""Real programs with the malloc library preloaded: time, peak memory, memory left after the load."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from heap import environment
from report import Table

PYTHON = """
import json
for i in range(3):
    d = {str(j): [j, str(j), {"k": j}] for j in range(60000)}
    s = json.dumps(d)
    e = json.loads(s)
    del d, e, s
"""
LUA = """
for i = 1, 4 do
  local t = {}
  for j = 1, 200000 do t[j] = {j, tostring(j)} end
  t = nil
  collectgarbage()
end
"""
SQL = """
create table t(a integer primary key, b text, c text);
with recursive r(x) as (select 1 union all select x + 1 from r where x < 150000)
insert into t select x, hex(randomblob(x % 40)), 'name ' || x from r;
create index i on t(b);
select count(*), max(length(b)) from t where c like '%99%';
delete from t where a % 3 = 0;
select group_concat(b) from (select b from t order by b limit 2000);
"""
CPLUSPLUS = """
#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>
std::map<std::string, std::vector<int>> table;
bool f(const std::string& s) { return std::regex_match(s, std::regex("a+b*")) && table[s].size() == 3; }
void g(std::vector<std::string>& v) { std::sort(v.begin(), v.end()); }
"""


def programs(directory):
    """Name -> command. The files they read are in `directory`."""
    source = os.path.join(directory, "a.cpp")
    with open(source, "w") as file:
        file.write(CPLUSPLUS)
    commands = {
        "python3": [os.path.realpath(sys.executable), "-c", PYTHON + "\nimport re\nprint('SETTLED', re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read()).group(1))"],
        "lua5.4": ["lua5.4", "-e", LUA + "\nfor line in io.lines('/proc/self/status') do local k = line:match('VmRSS:%s+(%d+)') if k then print('SETTLED', k) end end"],
        "sqlite3": ["sqlite3", ":memory:", SQL],
        "g++": ["g++", "-std=c++17", "-O1", "-c", source, "-o", os.path.join(directory, "a.o")],
    }
    return {name: command for name, command in commands.items() if shutil.which(command[0])}


def run_once(command, library):
    """Seconds of processor time, peak KiB of the largest process, settled KiB or None."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, env=environment(library), stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            sys.exit(f"{command[0]} failed with {library}")
        output.seek(0)
        settled = [line.split()[1] for line in output if line.startswith("SETTLED")]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, int(settled[0]) if settled else None


def redis_once(library):
    """A redis-server under a short redis-benchmark: the server's own processor time and memory."""
    with tempfile.TemporaryDirectory() as directory:
        socket = os.path.join(directory, "s")
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", ""],
                                  env=environment(library), stdout=subprocess.DEVNULL)
        while not os.path.exists(socket):
            time.sleep(0.02)
        subprocess.run(["redis-benchmark", "-s", socket, "-q", "-n", "40000", "-r", "20000", "-P", "16", "-d", "200", "-t",
                        "set,get,lpush,lpop,sadd,hset"], stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["redis-cli", "-s", socket, "flushall"], stdout=subprocess.DEVNULL, check=True)
        with open(f"/proc/{server.pid}/status") as file:
            settled = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
        subprocess.run(["redis-cli", "-s", socket, "shutdown", "nosave"], stdout=subprocess.DEVNULL, check=False)
        _, _, usage = os.wait4(server.pid, 0)
        server.returncode = 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, settled


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else None


def run(options):
    columns = {"malloc": str(options.build / "src/preload/malloc/liballot-malloc.so"), **options.peers}
    tables = [Table("program", "seconds of processor time", list(columns), ["malloc"], 3),
              Table("peak memory", "MiB", list(columns), ["malloc"], 1),
              Table("settled memory", "MiB after the load", list(columns), ["malloc"], 1)]
    with tempfile.TemporaryDirectory() as directory:
        runs = {name: (lambda library, command=command: run_once(command, library))
                for name, command in programs(directory).items()}
        if shutil.which("redis-server") and shutil.which("redis-benchmark"):
            runs["redis-server"] = redis_once
        for name, once in runs.items():
            if options.only and options.only not in name:
                continue
            samples = {column: [] for column in columns}
            for _ in range(options.rounds):
                for column, library in columns.items():
                    samples[column].append(once(library))
            for index, table in enumerate(tables):
                values = {column: statistics.median(sample[index] for sample in runs_of) if runs_of[0][index] else None
                          for column, runs_of in samples.items()}
                scale = 1 if index == 0 else 1024
                if any(values.values()):
                    table.add(name, {column: value / scale for column, value in values.items() if value})
            print(f"  {name}", flush=True)
    for table in tables:
        if table.rows:
            table.add("geometric mean", {column: geometric_mean([values[column] for _, values in table.rows])
                                         for column in columns})
    return tables
