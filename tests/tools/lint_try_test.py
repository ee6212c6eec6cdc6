#!/usr/bin/env python3
"""tools/lint_try on snippets: what it must flag (a comment BAD on the line) and what it must leave alone."""

import os
import subprocess
import sys
import tempfile
import unittest

LINT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tools', 'lint_try')


def lint(source, name='snippet.cpp'):
    """Exit status, and the lines flagged."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(source)
        done = subprocess.run([sys.executable, LINT, folder], capture_output=True, text=True, check=False)
        return done.returncode, [int(line.split(':')[1]) for line in done.stdout.splitlines()]


class LintTest(unittest.TestCase):
    def check(self, source):
        expected = [number for number, line in enumerate(source.splitlines(), 1) if '// BAD' in line]
        status, flagged = lint(source)
        self.assertEqual(flagged, expected, source)
        self.assertEqual(status, 1 if expected else 0)

    def test_whole_operands_are_fine(self):
        self.check('''
Result<int> f() {
  auto a = TRY(g());
  const auto& b = ALLOT_TRY_EXPR(g(1, h(2)));
  a = TRY(g());
  a += TRY(g());
  list[3].x = TRY(g());
  auto c = TRY(g()), d = TRY(h());
  TRY(run());
  (void)TRY(g());
  if (a) TRY(run());
  else TRY(run());
  for (int i = 0; i < 3; ++i) TRY(run());
  while (auto line = TRY(next())) use(line);
  if (auto line = TRY(next()); line) use(line);
  for (auto x : TRY(all())) use(x);
  switch (a) {
    case 1: TRY(run()); break;
    default: TRY(run());
  }
again:
  TRY(run());
  do TRY(run()); while (a);
  ALLOT_TRY(auto e, g());
  ALLOT_TRY_VOID(g());
  return TRY(g());
}
''')

    def test_parts_of_expressions_are_flagged(self):
        self.check('''
Result<P> f() {
  return P{TRY(a()), TRY(b())};  // BAD
  int array[] = {TRY(a()), 2};  // BAD
  auto p = P{.x = TRY(a()), .y = 1};  // BAD
  call(TRY(a()));  // BAD
  auto n = TRY(a()) + 1;  // BAD
  auto m = 1 + TRY(a());  // BAD
  auto s = TRY(a()).size();  // BAD
  auto t = c ? TRY(a()) : b;  // BAD
  auto u = c ? b : TRY(a());  // BAD
  auto v = !TRY(a());  // BAD
  auto w{TRY(a())};  // BAD
  P x(TRY(a()));  // BAD
  if (TRY(a())) return 1;  // BAD
  return TRY(a()) * 2;  // BAD
  call(y = TRY(a()));  // BAD
  auto z = TRY(g(TRY(h())));  // BAD
  ALLOT_TRY(auto q, g(TRY(h())));  // BAD
  return {TRY(a())};  // BAD
}
''')

    def test_lambdas_inside_operands_are_functions_of_their_own(self):
        self.check('''
Result<int> f() {
  auto a = TRY(apply([&]() -> Result<int> { return TRY(g()); }));
  auto b = TRY(apply([&] { auto x = TRY(g()); return x; }));
  auto c = TRY(apply([&] { return P{TRY(g())}; }));  // BAD
}
''')

    def test_more_than_one_line(self):
        self.check('''
auto a =
    TRY(g(1,
          2));
return P{
    1,
    TRY(  // BAD
        g())};
''')

    def test_comments_strings_and_directives_are_no_code(self):
        self.check('''
#define TRY(...) ALLOT_TRY_EXPR(__VA_ARGS__)
#define MANY(x) \\
  call(TRY(x))
// call(TRY(x));
/* call(TRY(x));
   call(TRY(x)); */
auto s = "call(TRY(x))";
auto r = R"x(call(TRY(x)) " )x";
auto q = u8R"(call(TRY(x)))";
char c = '"'; call(TRY(x));  // BAD
int n = 1'000'000; call(TRY(x));  // BAD
auto e = "\\""; call(TRY(x));  // BAD
int MY_TRY(int); int a = MY_TRY(1) + 2;
''')

    def test_branches_of_directives_are_read_on_their_own(self):
        self.check('''
Result<int> f() {
#if A
  if (x) {
#else
  if (y) {
#endif
    ERRDEFER { clean(); };
    return g();  // BAD
  }
  return g();
}
''')

    def test_returns_under_an_errdefer(self):
        self.check('''
Result<int> f() {
  if (early) return g();
  ERRDEFER { clean(); };
  if (a) return 1;
  if (a) return value;
  if (a) return TRY(g());
  if (a) return {};
  if (a) return std::move(value);
  if (a) return list.size();
  if (a) return static_cast<int>(value);
  if (a) return Widget(1, 2);
  if (a) return Game{players, history};
  if (a) FAIL(Error::broken);
  if (a) return g();  // BAD
  if (a) return ns::g<int>(1, 2);  // BAD
  if (a) return object.method(1);  // BAD
  if (a) return object->inner().method(1);  // BAD
  if (a) return Unexpected(Error::broken);  // BAD
  if (a) return allot::Unexpected(Error::broken);  // BAD
  if (a) return ::allot::Unexpected{Error::broken};  // BAD
  if (a) return Result<int>(unexpect, Error::broken);  // BAD
  return a ? g() : 1;  // BAD
}
Result<int> after() { return g(); }
''')

    def test_an_errdefer_lives_in_its_block_and_function_only(self):
        self.check('''
Result<int> f() {
  {
    ALLOT_ERRDEFER { return clean(); };
    auto lambda = [&](int x) -> Result<int> { return g(x); };
    auto plain = [] { return g(); };
    auto quiet = [&]() noexcept(true) { return g(); };
    struct Local { Result<int> m() const { return g(); } };
    for (auto& x : all) { if (x) { return g(); } }  // BAD
    try { run(); } catch (...) { return g(); }  // BAD
    auto own = [&]() -> Result<int> { ERRDEFER { clean(); }; return g(); };  // BAD
  }
  return g();
}
''')

    def test_a_line_can_be_allowed(self):
        self.check('''
call(TRY(x));  // lint_try: allow
call(TRY(x));  // BAD
''')

    def test_only_sources_are_read(self):
        self.assertEqual(lint('call(TRY(x));', 'notes.md'), (0, []))
        self.assertEqual(lint('call(TRY(x));', 'header.hpp'), (1, [1]))

    def test_help_and_usage(self):
        done = subprocess.run([sys.executable, LINT, '--help'], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn('usage: lint_try', done.stdout)
        self.assertEqual(subprocess.run([sys.executable, LINT], capture_output=True, check=False).returncode, 2)
        missing = subprocess.run([sys.executable, LINT, '/no/such/file'], capture_output=True, text=True, check=False)
        self.assertEqual(missing.returncode, 1)


if __name__ == '__main__':
    unittest.main()
