#!/usr/bin/env python3
"""Mixed load on the HTTP server for a while: no lost or mixed-up response, no growth of memory, no leak at the end.

    benchmarks/http/soak.py [--build DIR] [--minutes N] [--clients N]

Clients ask in turn for small replies, pipelined ones, large ones read slowly, bodies both ways, compressed ones, streams,
events and errors. Hostile ones leave in the middle, reset, half-close, trickle, send garbage and smuggled requests, and
hold connections without a word. Every reply says whom it is for. The server runs over the checked heap and says at its
end whether anything leaked. Exit status 1 when a reply was wrong or missing, the resident set of the second half is a
tenth (and 1 MB) above that of the first after warm-up, or something leaked.
"""
import argparse
import gzip
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time


class Left(Exception):
    """The client is done with its connection, whatever state that is in."""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=30)
        self.data = b''
        self.last = False

    def close(self):
        self.socket.close()

    def send(self, head, body=b''):
        self.socket.sendall(head.encode() + b'Host: x\r\n\r\n' + body)

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError('the connection ended before the reply')
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
    client.socket.sendall(b''.join(b'GET /id/%s HTTP/1.1\r\nHost: x\r\n\r\n' % number.encode() for number in numbers))
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


def packed(client, rng):
    letter = rng.choice('abcdefgh')
    client.send(f'GET /packed/{letter} HTTP/1.1\r\nAccept-Encoding: gzip\r\n')
    status, headers, body = client.reply()
    if headers.get('content-encoding') == 'gzip':
        body = gzip.decompress(body)
    expect(status == 503 or body == letter.encode() * 20_000, 'a compressed reply')


def events(client, rng):
    name = str(rng.randrange(10**9))
    client.send(f'GET /events/{name} HTTP/1.1\r\n')
    while client.line():
        pass
    for _ in range(3):
        client.line()  # the chunk's size
        expect(client.line() == b'data: ' + name.encode() + b'\n\n', 'an event')
    raise Left


def behind_stream(client, rng):
    number = str(rng.randrange(10**9))
    client.send('GET /count HTTP/1.1\r\n')
    client.socket.sendall(f'GET /id/{number} HT'.encode())
    expect(client.reply()[2] == b'0123456789' * 200, 'a stream')
    if not client.last:
        client.socket.sendall(b'TP/1.1\r\nHost: x\r\n\r\n')
        expect(client.reply()[2] == number.encode(), 'a reply behind a stream')


def leave(client, rng):
    client.send(f'GET /fill/z/{rng.randrange(1_000_000)} HTTP/1.1\r\n')
    if rng.random() < 0.5:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # a reset
    raise Left


def leave_in_body(client, rng):
    framing = rng.choice(['Content-Length: 100000\r\n', 'Transfer-Encoding: chunked\r\n'])
    client.send(f'POST {rng.choice(["/echo", "/sum"])} HTTP/1.1\r\n{framing}', b'ffff\r\nhalf of it')
    raise Left


def half_close(client, rng):
    number = str(rng.randrange(10**9))
    client.send(f'GET /id/{number} HTTP/1.1\r\n')
    client.socket.shutdown(socket.SHUT_WR)
    expect(client.reply()[2] == number.encode(), 'a reply after a half-close')
    raise Left


def trickle(client, rng):
    number = str(rng.randrange(10**9))
    for byte in f'GET /id/{number} HTTP/1.1\r\nHost: x\r\n\r\n'.encode():
        client.socket.sendall(bytes([byte]))
    expect(client.reply()[2] == number.encode(), 'a trickled request')


def silent(client, rng):
    time.sleep(rng.random() / 5)
    raise Left


GARBAGE = [b'\x16\x03\x01\x02\x00', b'GET /% HTTP/1.1\r\nHost: x\r\n\r\n', b'GET / HTTP/1.1\r\nX: ' + b'x' * 20_000,
           b'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
           b'GET /id/smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
           b'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n']


def garbage(client, rng):
    client.socket.sendall(rng.choice(GARBAGE))
    status, _, body = client.reply()
    expect(status >= 400 and b'smuggled' not in body, f'garbage was answered {status}')
    try:
        expect(not client.data and not client.socket.recv(100), 'an answer too many')
    except ConnectionResetError:
        pass
    raise Left


ACTIONS = [small] * 8 + [pipelined, large, echo, echo, upload, stream, behind_stream, packed, events, error, leave,
                         leave_in_body, half_close, trickle, silent, garbage]


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
        except Left:
            totals[seed] += 1
            client.close()
            client = None
        except Exception as problem:  # whatever it is, it ends the soak
            problems.append(repr(problem))
            raise


def resident_kilobytes(pid):
    with open(f'/proc/{pid}/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build/release')
    parser.add_argument('--minutes', type=float, default=20)
    parser.add_argument('--clients', type=int, default=16)
    parser.add_argument('--port', type=int, default=5890)
    parser.add_argument('--workers', type=int, default=2)
    arguments = parser.parse_args()
    program = os.path.join(arguments.build, 'benchmarks/http/http_soak_server')
    server = subprocess.Popen([program, str(arguments.port), str(arguments.workers)])
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
    half = len(sizes) // 2
    before, after = max(sizes[len(sizes) // 5:half] or sizes), max(sizes[half:])
    grown = after > before * 1.1 + 1024
    print(f'{sum(totals)} actions in {time.monotonic() - begin:.0f} s; resident at most {before} kB from a fifth to the '
          f'half, {after} kB behind it; the server ended with {code}')
    for problem in problems:
        print('problem:', problem)
    print('failed' if problems or grown or code != 0 else 'passed')
    return 1 if problems or grown or code != 0 else 0


if __name__ == '__main__':
    sys.exit(main())
