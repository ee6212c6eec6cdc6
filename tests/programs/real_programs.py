"""Programs nobody here wrote, with work for them: what `allot check` is tried and measured on.

`programs(folder, scale)` gives name -> Program for those that are installed. A server is driven and stopped by its
`drive`; everything it needs lies in `folder`.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

PYTHON = """
import json
d = {str(j): [j, str(j), {"k": j}] for j in range(%d)}
print(len(json.loads(json.dumps(d))))
"""
LUA = "local t = {} for i = 1, %d do t[i] = {i, tostring(i)} end print(#t)"
PERL = "my %%h; $h{$_} = 'v' x ($_ %% 50) for 1 .. %d; print scalar(keys %%h), qq(\\n)"
SQL = """
create table t(a integer primary key, b text, c text);
with recursive r(x) as (select 1 union all select x + 1 from r where x < %d)
insert into t select x, hex(x), 'name ' || x from r;
create index i on t(b);
select count(*), max(length(b)) from t where c like '%%99%%';
"""
BASH = "x=; for ((i = 0; i < %d; ++i)); do x=\"$x $i\"; y=(${x: -200}); done; echo ${#x} ${#y[@]}"
NODE = "const a = []; for (let i = 0; i < %d; i++) a.push({i}); console.log(JSON.parse(JSON.stringify(a)).length)"
CPLUSPLUS = """
#include <map>
#include <string>
#include <vector>
std::map<std::string, std::vector<int>> table;
bool f(const std::string& s) { return table[s].size() == 3; }
"""
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen unix:{folder}/nginx.socket; root {folder}; location /s {{ return 200 'hello'; }} }}
}}
"""


class Program:
    def __init__(self, command, drive=None, heavy=False, cwd=None):
        self.command = command
        self.drive = drive  # null: it ends by itself; else called with the process
        self.heavy = heavy  # does little else than allocate
        self.cwd = cwd


def wait_for_server(path, process):
    """The file of a socket is there before anybody listens."""
    for _ in range(2000):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(path)
                return
            except OSError:
                pass
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError(f"nobody listens at {path}")


def drive_redis(folder, scale):
    def drive(process):
        path = os.path.join(folder, "redis.socket")
        wait_for_server(path, process)
        subprocess.run(["redis-benchmark", "-s", path, "-q", "-n", str(3000 * scale), "-r", "2000", "-P", "8", "-d", "100",
                        "-t", "set,get,lpush,lpop,sadd,hset"], stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["redis-cli", "-s", path, "shutdown", "nosave"], stdout=subprocess.DEVNULL, check=False)
    return drive


def drive_nginx(folder, scale):
    def drive(process):
        path = os.path.join(folder, "nginx.socket")
        wait_for_server(path, process)
        urls = ["http://localhost/s", "http://localhost/file.txt", "http://localhost/missing"] * (20 * scale)
        subprocess.run(["curl", "-s", "-o", os.devnull, "--unix-socket", path, *urls], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "nginx.pid")) as file:
            os.kill(int(file.read()), signal.SIGQUIT)
    return drive


def text_file(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def git_repository(folder):
    """A small history to look through."""
    where = os.path.join(folder, "repository")
    if not os.path.isdir(where):
        subprocess.run(["git", "init", "-q", "-b", "main", where], check=True)
        stream = []
        for number in range(200):
            body = "\n".join(str(line * number) for line in range(40))
            stream.append(f"commit refs/heads/main\ncommitter A <a@b> {1600000000 + number} +0000\ndata 4\nstep\n"
                          f"M 100644 inline file{number % 9}\ndata {len(body)}\n{body}\n")
        subprocess.run(["git", "-C", where, "fast-import", "--quiet"], input="\n".join(stream), text=True, check=True)
    return where


def programs(folder, scale=1):
    source = text_file(folder, "source.cpp", CPLUSPLUS)
    text_file(folder, "file.txt", "text\n" * 1000)
    nginx = text_file(folder, "nginx.conf", NGINX.format(folder=folder))
    python = os.path.realpath(sys.executable)
    known = {
        "bash": Program(["bash", "-c", BASH % (150 * scale)]),
        "ls": Program(["ls", "-lR", "/usr/share/doc" if scale > 1 else "/usr/lib/gcc"]),
        "git": Program(["git", "-c", "core.pager=cat", "log", "--stat"]),
        "perl": Program(["perl", "-e", PERL % (10000 * scale)], heavy=True),
        "lua5.4": Program(["lua5.4", "-e", LUA % (15000 * scale)], heavy=True),
        "sqlite3": Program(["sqlite3", ":memory:", SQL % (5000 * scale)], heavy=True),
        "curl": Program(["curl", "--version"]),
        "python3": Program([python, "-c", PYTHON % (3000 * scale)], heavy=True),
        "cmake": Program(["cmake", "--version"]),
        "g++": Program(["g++", "-c", "-O1", source, "-o", os.path.join(folder, "source.o")]),
        "node": Program(["node", "-e", NODE % (10000 * scale)]),
    }
    known = {name: program for name, program in known.items() if shutil.which(program.command[0])}
    if "git" in known:
        known["git"].cwd = git_repository(folder)
    if shutil.which("redis-server") and shutil.which("redis-benchmark"):
        path = os.path.join(folder, "redis.socket")
        known["redis-server"] = Program(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
                                        drive_redis(folder, scale))
    if shutil.which("nginx") and shutil.which("curl"):
        known["nginx"] = Program(["nginx", "-c", nginx, "-p", folder], drive_nginx(folder, scale))
    return known
