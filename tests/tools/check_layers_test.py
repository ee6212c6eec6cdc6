#!/usr/bin/env python3
"""tools/check_layers on fabricated trees: one good, and one for each rule that breaks it."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tools', 'check_layers')

LAYERS = '''
layer base
  third-party sanitizer/
  light
layer sys
  uses base
  os-folder src/sys
layer core
  uses base
  light
layer heap
  uses base sys core
layer containers
  uses base core
layer format
  uses base core
  third-party fmt/ single.h
umbrella all.hpp
  uses base core heap
toolchain malloc.h
heavy string
'''

GOOD = {
    'tools/layers.txt': LAYERS,
    'include/allot/all.hpp': '#include "allot/core/handle.hpp"\n#include "allot/heap/arena.hpp"\n',
    'include/allot/base/result.hpp': '#include <new>\n#include <stdint.h>\n#include <sanitizer/asan.h>\n',
    'include/allot/core/handle.hpp': '#include "allot/base/result.hpp"\n// #include "allot/heap/arena.hpp"\n',
    'include/allot/heap/arena.hpp': '#include "allot/core/handle.hpp"\n#include <string>\n',
    'include/allot/containers/list.hpp': '#include "allot/core/handle.hpp"\n',
    'include/allot/format/print.hpp': '#include <fmt/core.h>\n#include <single.h>\n',
    'src/sys/linux/pages.cpp': '#include <sys/mman.h>\n#include <unistd.h>\n',
    'src/heap/arena.cpp': '#include "allot/heap/arena.hpp"\n#include "node.hpp"\n#include <malloc.h>\n',
    'src/heap/node.hpp': '#include "allot/base/result.hpp"\n',
    'src/heap/checked/scan.cpp': '#include "checked/scan.hpp"\n#include "node.hpp"\n',
    'src/heap/checked/scan.hpp': '',
    'src/heap/CMakeLists.txt': 'allot_layer(heap DEPENDS core sys SOURCES arena.cpp)\n',
    'tests/heap/arena_test.cpp': '#include "allot/heap/arena.hpp"\n#include <vector>\n#include <unistd.h>\n',
    'tests/heap/CMakeLists.txt': 'allot_layer_tests(heap SOURCES arena_test.cpp)\n',
}


def check(changes):
    """Exit status and output of check_layers on the good tree with some files changed, or removed (None)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD, **changes}.items():
            if text is not None:
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, 'w', encoding='utf-8') as file:
                    file.write(text)
        done = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class LayersTest(unittest.TestCase):
    def flags(self, path, text, place, phrase, also=None):
        """With `path` holding `text`, exactly one problem is found, at `place`."""
        status, output = check({path: text, **(also or {})})
        self.assertEqual(status, 1)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertTrue(output.startswith(place + ': '), output)
        self.assertIn(phrase, output)

    def test_the_good_tree_passes(self):
        self.assertEqual(check({}), (0, ''))

    def test_includes_point_down(self):
        self.flags('include/allot/core/handle.hpp', '#include <new>\n#include "allot/heap/arena.hpp"\n',
                   'include/allot/core/handle.hpp:2', 'core may not include heap')
        self.flags('include/allot/base/result.hpp', '#include "allot/core/handle.hpp"\n',
                   'include/allot/base/result.hpp:1', 'base may not include core')

    def test_neighbours_do_not_see_each_other(self):
        self.flags('include/allot/containers/list.hpp', '#include "allot/heap/arena.hpp"\n',
                   'include/allot/containers/list.hpp:1', 'containers may not include heap')

    def test_sources_obey_too(self):
        self.flags('src/core/handle.cpp', '\n\n#  include "allot/sys/pages.hpp"\n', 'src/core/handle.cpp:3',
                   'core may not include sys', {'include/allot/sys/pages.hpp': ''})

    def test_private_headers_obey_too(self):
        self.flags('src/core/handle.cpp', '#include "../heap/node.hpp"\n', 'src/core/handle.cpp:1',
                   'core may not include heap')

    def test_umbrella_headers_are_for_users_and_obey(self):
        self.flags('src/heap/node.hpp', '#include "allot/all.hpp"\n', 'src/heap/node.hpp:1', 'for users')
        self.flags('include/allot/all.hpp', '#include "allot/format/print.hpp"\n', 'include/allot/all.hpp:1',
                   'all.hpp may not include format')
        self.flags('include/allot/other.hpp', '', 'include/allot/other.hpp:1', 'no layer or umbrella')

    def test_headers_of_the_operating_system_stay_in_sys(self):
        for header in ('unistd.h', 'sys/mman.h', 'pthread.h', 'linux/futex.h'):
            self.flags('src/heap/node.hpp', f'#include <{header}>\n', 'src/heap/node.hpp:1', 'operating system')
        self.flags('include/allot/sys/pages.hpp', '#include <unistd.h>\n', 'include/allot/sys/pages.hpp:1',
                   'operating system')

    def test_third_party_headers_stay_where_they_may(self):
        self.flags('src/core/handle.cpp', '#include <fmt/core.h>\n', 'src/core/handle.cpp:1', 'third-party')
        self.flags('src/format/x.cpp', '#include <boost/beast.hpp>\n', 'src/format/x.cpp:1', 'third-party')

    def test_light_headers_stay_light(self):
        self.flags('include/allot/core/handle.hpp', '#include <string>\n', 'include/allot/core/handle.hpp:1',
                   'too heavy')

    def test_included_files_exist(self):
        self.flags('src/heap/node.hpp', '#include "allot/heap/gone.hpp"\n', 'src/heap/node.hpp:1', 'does not exist')
        self.flags('src/heap/node.hpp', '#include "gone.hpp"\n', 'src/heap/node.hpp:1', 'does not exist')
        self.flags('include/allot/core/handle.hpp', '#include "private.hpp"\n', 'include/allot/core/handle.hpp:1',
                   'public headers')

    def test_our_headers_stand_in_quotes(self):
        self.flags('src/heap/node.hpp', '#include <allot/base/result.hpp>\n', 'src/heap/node.hpp:1', 'in quotes')

    def test_folders_are_layers(self):
        self.flags('src/strange/x.cpp', '', 'src/strange/x.cpp:1', 'strange is no layer')

    def test_targets_have_the_same_arrows(self):
        self.flags('src/core/CMakeLists.txt', 'allot_layer(core\n  DEPENDS base heap SOURCES x.cpp)\n',
                   'src/core/CMakeLists.txt:2', 'core may not depend on heap')

    def test_tests_are_listed(self):
        self.flags('tests/heap/CMakeLists.txt', '# arena_test.cpp\n', 'tests/heap/arena_test.cpp:1', 'never runs')
        self.flags('tests/heap/CMakeLists.txt', 'f(big_arena_test.cpp)\n', 'tests/heap/arena_test.cpp:1', 'never runs')
        self.flags('tests/heap/CMakeLists.txt', None, 'tests/heap/arena_test.cpp:1', 'never runs')

    def test_tests_include_their_header_first(self):
        self.flags('tests/heap/arena_test.cpp', '#include <vector>\n#include "allot/heap/arena.hpp"\n',
                   'tests/heap/arena_test.cpp:1', 'includes the header it tests first')

    def test_the_rules_themselves_point_down(self):
        status, output = check({'tools/layers.txt': LAYERS.replace('layer core\n  uses base',
                                                                   'layer core\n  uses base format')})
        self.assertEqual(status, 1)
        self.assertIn('`uses format`: no layer of that name above', output)


if __name__ == '__main__':
    unittest.main()
