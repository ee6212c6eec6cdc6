#!/usr/bin/env python3
"""Mixed load on the HTTP server for a while: no lost or mixed-up response, no growth of memory, no leak at the end.

    benchmarks/http/soak.py [--build DIR] [--minutes N] [--clients N]

Clients ask in turn for small replies, pipelined ones, large ones read slowly, bodies both ways, streams and errors, and
some leave in the middle. The server runs over the checked heap and says at its end whether anything leaked. Exit status
1 when a reply was wrong, the resident set grew by more than a quarter after the first fifth, or something leaked.
"""
import argparse
import os
import random
import socket
import subprocess
import sys
import threading
import time


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=30)
        self.data = b''

    def close(self):
        self.socket.close()

    def send(self, head, body=b''):
        self.socket.sendall(head.encode() + b'Host: x\r\n\r\n' + body)

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self.data += got

    def take(self, size):
        while len(self.data) < size:
            self.more()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def line(self):
        while b'\r\n' not in self.data:
            self.more()
        line, self.data = self.data.split(b'\r\n', 1)
        return line

    def reply(self):
        """Status, headers and body of the next response."""
        status = int(self.line().split()[1])
        headers = {}
        while line := self.line():
            name, value = line.decode().split(': ', 1)
            headers[name.lower()] = value
        if headers.get('transfer-encoding') == 'chunked':
            body = b''
            while size := int(self.line(), 16):
                body += self.take(size)
                self.take(2)
            self.take(2)
        else:
            body = self.take(int(headers.get('content-length', 0)))
        self.last = headers.get('connection') == 'close'
        return status, headers, body


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def small(client, rng):
    number = str(rng.randrange(10**9))
    client.send(f'GET /id/{number} HTTP/1.1\r\n')
    expect(client.reply()[2] == number.encode(), 'a small reply')


def pipelined(client, rng):
    numbers = [str(rng.randrange(10**9)) for _ in range(20)]
    for number in numbers:
        client.send(f'GET /id/{number} HTTP/1.1\r\n')
    for number in numbers:
        expect(client.reply()[2] == number.encode(), 'a pipelined reply')
        if client.last:
            return


def large(client, rng):
    letter, size = rng.choice('abcdefgh'), rng.randrange(100, 2_000_000)
    client.send(f'GET /fill/{letter}/{size} HTTP/1.1\r\n')
    if rng.random() < 0.2:
        time.sleep(0.05)
    status, _, body = client.reply()
    expect(status == 503 or body == letter.encode() * size, 'a large reply')


def echo(client, rng):
    body = bytes(rng.randrange(256) for _ in range(50)) * rng.randrange(1, 2000)
    if rng.random() < 0.5:
        client.send(f'POST /echo HTTP/1.1\r\nContent-Length: {len(body)}\r\n', body)
    else:
        half = len(body) // 2
        chunks = b''.join(b'%x\r\n%s\r\n' % (len(part), part) for part in (body[:half], body[half:]) if part)
        client.send('POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n', chunks + b'0\r\n\r\n')
    status, _, got = client.reply()
    expect(status == 503 or got == body, 'an echo')


def upload(client, _):
    client.send('POST /sum HTTP/1.1\r\nContent-Length: 300000\r\n', b'u' * 300_000)
    expect(client.reply()[1].get('x-total') == '300000', 'an upload')


def stream(client, _):
    client.send('GET /count HTTP/1.1\r\n')
    expect(client.reply()[2] == b'0123456789' * 200, 'a stream')


def error(client, _):
    client.send('GET /fails HTTP/1.1\r\n')
    expect(client.reply()[0] == 500, 'an error')


def leave(client, rng):
    client.send(f'GET /fill/z/{rng.randrange(1_000_000)} HTTP/1.1\r\n')
    raise EOFError


ACTIONS = [small] * 8 + [pipelined, large, echo, echo, upload, stream, error, leave]


def run_client(port, end, seed, totals, problems):
    rng = random.Random(seed)
    client = None
    while time.monotonic() < end and not problems:
        try:
            client = client or Client(port)
            rng.choice(ACTIONS)(client, rng)
            totals[seed] += 1
            if client.last:
                client.close()
                client = None
        except EOFError:
            client.close()
            client = None
        except (AssertionError, OSError, ValueError, IndexError) as problem:
            problems.append(repr(problem))


def resident_kilobytes(pid):
    with open(f'/proc/{pid}/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build/release')
    parser.add_argument('--minutes', type=float, default=20)
    parser.add_argument('--clients', type=int, default=16)
    parser.add_argument('--port', type=int, default=5890)
    arguments = parser.parse_args()
    server = subprocess.Popen([os.path.join(arguments.build, 'benchmarks/http/http_soak_server'), str(arguments.port), '2'])
    time.sleep(1)
    begin = time.monotonic()
    end = begin + 60 * arguments.minutes
    totals, problems, sizes = [0] * arguments.clients, [], []
    threads = [threading.Thread(target=run_client, args=(arguments.port, end, i, totals, problems))
               for i in range(arguments.clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(min(1, 6 * arguments.minutes))
        sizes.append(resident_kilobytes(server.pid))
    for thread in threads:
        thread.join()
    server.terminate()
    code = server.wait(30)
    warm = max(sizes[:max(1, len(sizes) // 5)])
    grown = max(sizes[len(sizes) // 2:]) > warm * 1.25 + 1024
    print(f'{sum(totals)} actions in {time.monotonic() - begin:.0f} s; resident {warm} kB after warm-up, '
          f'{sizes[-1]} kB at the end; the server ended with {code}')
    for problem in problems:
        print('problem:', problem)
    return 1 if problems or grown or code != 0 else 0


if __name__ == '__main__':
    sys.exit(main())
