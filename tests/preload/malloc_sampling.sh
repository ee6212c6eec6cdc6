#!/usr/bin/env bash
# Mistakes with sampled blocks must be caught and named; without mistakes sampling must go unnoticed.
set -u
library=$1 victim=$2
failures=0

check() {
  local mistake=$1 expected=$2 output
  output=$(ALLOT_MALLOC_SAMPLE=5 LD_PRELOAD=$library bash -c "exec $victim $mistake" 2>&1)
  if ! grep -q "$expected" <<<"$output"; then
    echo "FAILED: $mistake: expected '$expected', got: $output"
    failures=$((failures + 1))
  fi
}

check overflow "access past the end of a sampled block of 96 bytes"
check use-after-free "use after free of a sampled block"
check double-free "second free of a sampled block\|freed twice"
ALLOT_MALLOC_SAMPLE=5 LD_PRELOAD=$library "$victim" nothing || { echo "FAILED: a correct program"; failures=1; }

exit $((failures > 0))
