#!/usr/bin/env python3
"""Proves the harness: a file that keeps its promises passes, each kind of broken promise fails.

usage: harness_test.py COMPILER
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

GOOD = '''int f();
#if ALLOT_CASE == 1  // a nonsense line: "nonsense" "undeclared"
int g() { return nonsense; }
#endif
'''
CASE_COMPILES = '''#if ALLOT_CASE == 1  // fine in truth: "anything"
int g();
#endif
'''
WRONG_PHRASE = GOOD.replace('"nonsense" "undeclared"', '"a phrase no compiler says"')
GOOD_PART_BROKEN = 'nonsense\n' + GOOD
NO_CASES = 'int f();\n'
SKIPPED_NUMBER = GOOD.replace('== 1', '== 2')
WARNING_IN_GOOD_PART = 'inline void warned() { int never_used = 1; }\n' + GOOD


def passes(compiler, text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'case.cpp')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        done = subprocess.run([os.path.join(HERE, 'run_cases'), compiler, path], capture_output=True, check=False)
        return done.returncode == 0


def main(compiler):
    expectations = [('GOOD', True), ('CASE_COMPILES', False), ('WRONG_PHRASE', False), ('GOOD_PART_BROKEN', False),
                    ('NO_CASES', False), ('SKIPPED_NUMBER', False), ('WARNING_IN_GOOD_PART', False)]
    wrong = [name for name, expected in expectations if passes(compiler, globals()[name]) != expected]
    print('wrong: ' + ', '.join(wrong) if wrong else 'the harness can fail and can pass')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
