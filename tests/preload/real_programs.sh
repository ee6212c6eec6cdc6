#!/usr/bin/env bash
# Runs real programs, fork-heavy and thread-heavy ones among them, with the library named by the first argument
# preloaded, and compares what they print with what they print without it. Programs that are not installed are skipped.
set -u
library=$1
failures=0

check() {
  local name=$1 command=$2
  if ! command -v "$name" >/dev/null; then
    echo "skipped: $name"
    return
  fi
  local expected actual
  expected=$(bash -c "$command" 2>&1)
  actual=$(LD_PRELOAD=$library timeout 120 bash -c "$command" 2>&1)
  local status=$?
  if [ $status -ne 0 ] || [ "$actual" != "$expected" ]; then
    echo "FAILED ($status): $command"
    echo "$actual" | tail -5
    failures=$((failures + 1))
  else
    echo "ok: $name"
  fi
}

check bash 'for i in $(seq 60); do (echo $i | cat); done; x=$(seq 2000 | sort -R | sort -n | tail -1); echo $x'
check python3 'python3 -c "import json; d={str(i):[i]*5 for i in range(50000)}; print(len(json.loads(json.dumps(d))))"'
check python3 'python3 -c "
import multiprocessing
print(sum(multiprocessing.Pool(4).map(abs, range(1000))))"'
check python3 'python3 -c "
import threading
def work():
    for i in range(300): {str(j): [j] * 40 for j in range(100)}
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]; print(1)"'
check perl 'perl -e '\''my %h; $h{$_} = "x" x $_ for 1..2000; for (1..20) { my $p = fork; exit 0 unless $p; wait } print scalar(keys %h), "\n"'\'''
check git 'cd / && rm -rf /tmp/allot-git.$PPID && git init -q /tmp/allot-git.$PPID && cd /tmp/allot-git.$PPID && seq 5000 > a && git add a && git -c user.name=a -c user.email=a@b commit -qm m --date=2020-01-01T00:00:00 && git gc -q && git fsck && git show --stat | tail -1; rm -rf /tmp/allot-git.$PPID'
check sqlite3 'sqlite3 :memory: "create table t(a,b); with recursive c(x) as (select 1 union all select x+1 from c where x<50000) insert into t select x, hex(x) from c; create index i on t(b); select count(*), max(b) from t;"'
check gcc 'echo "int f(int x) { return x * 2; }" | gcc -O2 -x c -S -o - - | md5sum'
check g++ 'printf "#include <map>\n#include <string>\nstd::map<std::string, int> m; int f() { return m[\"a\"]; }\n" | g++ -O1 -x c++ -S -o - - | md5sum'
check node 'node -e "const a = []; for (let i = 0; i < 300000; i++) a.push({i}); console.log(a.length)"'
check lua5.4 'lua5.4 -e "local t = {} for i = 1, 200000 do t[i] = {i, tostring(i)} end print(#t)"'
check redis-server 'redis-server --port 0 --unixsocket /tmp/allot-redis.$PPID --save "" --daemonize no >/dev/null 2>&1 & server=$!; for i in $(seq 600); do redis-cli -s /tmp/allot-redis.$PPID ping >/dev/null 2>&1 && break; sleep 0.1; done; redis-benchmark -s /tmp/allot-redis.$PPID -n 2000 -q -t set,get,lpush >/dev/null; redis-cli -s /tmp/allot-redis.$PPID dbsize; redis-cli -s /tmp/allot-redis.$PPID shutdown nosave || kill $server; wait'
check perl 'ulimit -v 200000; perl -e '\''my %h; $h{$_} = "x" x $_ for 1..2000; print scalar(keys %h), "\n"'\'''

exit $((failures > 0))
