#!/usr/bin/env python3
"""The HTTP server beside nginx, a plain Beast server and cpp-httplib, with wrk on loopback.

    benchmarks/http/run.py [--build DIR] [--seconds N] [--rounds N] [--workers 1,2] [--connections N] [--json FILE]

The servers are measured in turns (round by round, so that a busy machine is busy for all), each with the same small
JSON reply over kept-alive connections; the tables show medians, and the project's targets. `CPU us` is the time that the
server's processes spent on a request, in the kernel too: unlike the rate it says the same when other programs run.
`instructions` are those of a request in user space, counted by callgrind with one worker. Needs wrk and nginx, and
valgrind; what is missing is left out and said. Two minutes as it is. Exit status 1 when a target is missed.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

REPLY = '{"id":"9000","name":"Leto","power":9001}'
PATH = '/api/user/9000'
NGINX = '''
{processes} daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} reuseport; location / {{ return 200 '{reply}'; }} }}
}}
'''
TICK = os.sysconf('SC_CLK_TCK')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def processor_seconds(pid):
    """What a process and its children have spent so far."""
    total = 0.0
    for entry in pathlib.Path('/proc').iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / 'stat').read_text().rsplit(')', 1)[1].split()
        except OSError:
            continue
        if int(entry.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


class Server:
    """One server of the comparison. `command(port, workers, folder)` starts it."""

    def __init__(self, name, command):
        self.name, self.command, self.process, self.port = name, command, None, 0

    def start(self, workers, folder, prefix=()):
        self.port = free_port()
        command = [*prefix, *self.command(self.port, workers, folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(1500):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise SystemExit(f'{self.name} does not answer: {command}')

    def stop(self):
        """Ends it; returns what it wrote to its error output."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1]


def nginx_command(port, workers, folder):
    path = os.path.join(folder, f'nginx-{port}.conf')
    processes = f'worker_processes {workers};' if workers else 'master_process off;'
    with open(path, 'w') as out:
        out.write(NGINX.format(processes=processes, folder=folder, port=port, reply=REPLY))
    return ['nginx', '-c', path]


def find_servers(build):
    servers = []
    for name, binary in (('allot', 'http_allot_server'), ('beast', 'http_beast_server'),
                         ('cpp-httplib', 'http_httplib_server')):
        path = os.path.join(build, 'benchmarks', 'http', binary)
        if os.path.exists(path):
            servers.append(Server(name, lambda port, workers, _, path=path: [path, str(port), str(workers or 1)]))
        else:
            print(f'{name}: {binary} is not built')
    if shutil.which('nginx'):
        servers.insert(1, Server('nginx', nginx_command))
    else:
        print('nginx: not installed')
    return servers


def in_milliseconds(text):
    number, unit = re.fullmatch(r'([\d.]+)(us|ms|s|m)', text).groups()
    return float(number) * {'us': 0.001, 'ms': 1, 's': 1000, 'm': 60000}[unit]


def load(server, seconds, connections):
    """One measurement: requests a second, the 99th percentile, processor time a request."""
    before = processor_seconds(server.process.pid)
    command = ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency',
               f'http://127.0.0.1:{server.port}{PATH}']
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(server.process.pid) - before
    if 'Non-2xx' in out or 'Socket errors' in out:
        raise SystemExit(f'{server.name} answered with errors:\n{out}')
    requests = int(re.search(r'(\d+) requests in', out)[1])
    return {'rate': float(re.search(r'Requests/sec:\s+([\d.]+)', out)[1]),
            'p99 ms': in_milliseconds(re.search(r'(?m)^\s+99%\s+(\S+)', out)[1]),
            'CPU us': spent * 1e6 / requests}


def measure(servers, workers, arguments, folder):
    """Medians of all servers."""
    results = {server.name: [] for server in servers}
    try:
        for server in servers:
            server.start(workers, folder)
            load(server, 1, arguments.connections)  # warm
        for round_number in range(arguments.rounds):
            first = round_number % len(servers)
            for server in servers[first:] + servers[:first]:
                results[server.name].append(load(server, arguments.seconds, arguments.connections))
    finally:
        for server in servers:
            if server.process and server.process.poll() is None:
                server.stop()
    return {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            for name, runs in results.items()}


def ask(port, count):
    """`count` requests over one connection, each after the last one's reply."""
    request = f'GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode()
    with socket.create_connection(('127.0.0.1', port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            connection.sendall(request)
            reply = b''
            while not reply.endswith(REPLY.encode()):
                got = connection.recv(4096)
                if not got:
                    raise SystemExit('a connection ended')
                reply += got


def instructions(server, folder):
    """Instructions a request: the difference of two runs, so that the start of the process does not count."""
    totals = []
    for count in (500, 2500):
        valgrind = ['valgrind', '--tool=callgrind', f'--callgrind-out-file={folder}/callgrind']
        server.start(0, folder, valgrind)
        ask(server.port, count)
        counted = re.search(r'Collected : (\d+)', server.stop())
        if counted is None:
            print(f'  {server.name} did not end under callgrind in time: not counted')
            return None
        totals.append(int(counted[1]))
    return (totals[1] - totals[0]) / 2000


def print_table(title, rows):
    columns = list(next(iter(rows.values())))
    print(f'\n{title:14}' + ''.join(f'{column:>14}' for column in columns) + f'{"allot is":>12}')
    own = rows['allot'][columns[0]]
    for name, values in rows.items():
        cells = ''.join(f'{values[column]:14.{0 if values[column] >= 1000 else 2}f}' for column in columns)
        print(f'  {name:12}{cells}{own / values[columns[0]]:11.2f}x')


def targets(medians):
    """The project's targets: what is wanted, how it is, whether that is enough."""
    own = medians['allot']
    found = []
    for name, least in (('beast', 1.3), ('nginx', 0.9)):
        if name in medians:
            ratio = own['rate'] / medians[name]['rate']
            found.append((f'{least}x the requests of {name}', f'{ratio:.2f}x', ratio >= least))
    if 'nginx' in medians:
        theirs = medians['nginx']['p99 ms']
        found.append(('p99 no worse than nginx', f'{own["p99 ms"]:.2f} ms to {theirs:.2f} ms', own['p99 ms'] <= theirs))
    return found


def report(workers, medians):
    print_table(f'{workers} worker{"s" if workers > 1 else ""}', medians)
    found = targets(medians)
    for wanted, value, met in found:
        print(f'  target: {wanted}: {"met" if met else "MISSED"} ({value})')
    return {'workers': workers, 'medians': medians,
            'targets': [{'wanted': wanted, 'value': value, 'met': met} for wanted, value, met in found]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build/release')
    parser.add_argument('--seconds', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--workers', default='1,2')
    parser.add_argument('--connections', type=int, default=64)
    parser.add_argument('--json', type=pathlib.Path, help='write every number there')
    arguments = parser.parse_args()
    if not shutil.which('wrk'):
        raise SystemExit('wrk is not installed')
    servers = find_servers(arguments.build)
    if not servers or servers[0].name != 'allot':
        raise SystemExit(f'build the target http_allot_server in {arguments.build} first')
    results = {'loads': []}
    with tempfile.TemporaryDirectory() as folder:
        for workers in map(int, arguments.workers.split(',')):
            results['loads'].append(report(workers, measure(servers, workers, arguments, folder)))
        if shutil.which('valgrind'):
            counted = {server.name: instructions(server, folder) for server in servers}
            counts = {name: {'instructions': count} for name, count in counted.items() if count is not None}
            results['instructions'] = counts
            print_table('a request', counts)
        else:
            print('valgrind: not installed, no instructions')
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1) + '\n')
    return 0 if all(target['met'] for load in results['loads'] for target in load['targets']) else 1


if __name__ == '__main__':
    sys.exit(main())
