#!/usr/bin/env python3
"""Requests per second of the HTTP server beside nginx, a plain Beast server and cpp-httplib, with wrk on loopback.

    benchmarks/http/run.py [--build DIR] [--seconds N] [--rounds N] [--workers 1,2] [--connections N]

The servers are measured in turns (round by round, so that a busy machine is busy for all), each with the same small
JSON reply over kept-alive connections; the table shows medians, and the project's targets. Needs wrk and nginx; what is
missing is left out and said. Exit status 1 when a target is missed.
"""
import argparse
import os
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
worker_processes {workers}; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} reuseport; location / {{ return 200 '{reply}'; }} }}
}}
'''


class Server:
    """One server of the comparison; a context that runs it."""

    def __init__(self, name, command):
        self.name, self.command, self.process = name, command, None

    def start(self, port, workers, folder):
        command = self.command(port, workers, folder)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return
            time.sleep(0.02)
        raise SystemExit(f'{self.name} does not answer: {command}')

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nginx_command(port, workers, folder):
    path = os.path.join(folder, f'nginx-{port}.conf')
    with open(path, 'w') as out:
        out.write(NGINX.format(workers=workers, folder=folder, port=port, reply=REPLY))
    return ['nginx', '-c', path]


def find_servers(build):
    def program(name):
        path = os.path.join(build, 'benchmarks', 'http', name)
        return path if os.path.exists(path) else None

    servers = []
    for name, binary in (('allot', 'http_allot_server'), ('beast', 'http_beast_server'),
                         ('cpp-httplib', 'http_httplib_server')):
        path = program(binary)
        if path:
            servers.append(Server(name, lambda port, workers, _, path=path: [path, str(port), str(workers)]))
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


def load(port, seconds, connections):
    """Requests per second and the 99th percentile in milliseconds."""
    out = subprocess.run(['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency', f'http://127.0.0.1:{port}{PATH}'],
                         capture_output=True, text=True, check=True).stdout
    if 'Non-2xx' in out:
        raise SystemExit(f'a server answered with errors:\n{out}')
    rate = float(re.search(r'Requests/sec:\s+([\d.]+)', out)[1])
    return rate, in_milliseconds(re.search(r'(?m)^\s+99%\s+(\S+)', out)[1])


def measure(servers, workers, arguments, folder):
    results = {server.name: [] for server in servers}
    for index, server in enumerate(servers):
        server.start(5900 + 10 * workers + index, workers, folder)
    try:
        for round_number in range(arguments.rounds):
            turn = servers[round_number % len(servers):] + servers[:round_number % len(servers)]
            for server in turn:
                port = 5900 + 10 * workers + servers.index(server)
                results[server.name].append(load(port, arguments.seconds, arguments.connections))
    finally:
        for server in servers:
            server.stop()
    return {name: (statistics.median(r for r, _ in runs), statistics.median(p for _, p in runs))
            for name, runs in results.items()}


def report(workers, medians):
    """Prints the table and the targets; returns whether all are met."""
    print(f'\n{workers} worker{"s" if workers > 1 else ""}')
    print(f'  {"":12} {"requests/s":>12} {"p99 ms":>9} {"allot is":>9}')
    own_rate, own_p99 = medians['allot']
    for name, (rate, p99) in medians.items():
        print(f'  {name:12} {rate:12.0f} {p99:9.2f} {own_rate / rate:8.2f}x')
    met = True
    for name, least in (('beast', 1.3), ('nginx', 0.9)):
        if name in medians:
            ratio = own_rate / medians[name][0]
            met &= ratio >= least
            print(f'  target: {least}x {name}: {"met" if ratio >= least else "MISSED"} ({ratio:.2f}x)')
    if 'nginx' in medians:
        fine = own_p99 <= medians['nginx'][1]
        met &= fine
        print(f'  target: p99 no worse than nginx: {"met" if fine else "MISSED"}')
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build/release')
    parser.add_argument('--seconds', type=int, default=3)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--workers', default='1,2')
    parser.add_argument('--connections', type=int, default=64)
    arguments = parser.parse_args()
    if not shutil.which('wrk'):
        raise SystemExit('wrk is not installed')
    servers = find_servers(arguments.build)
    if not servers or servers[0].name != 'allot':
        raise SystemExit(f'build the target http_allot_server in {arguments.build} first')
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for workers in map(int, arguments.workers.split(',')):
            met &= report(workers, measure(servers, workers, arguments, folder))
    return 0 if met else 1


if __name__ == '__main__':
    sys.exit(main())
