"""What each refactoring must find (with the code it makes) and must leave alone."""

from textwrap import dedent, indent
from typing import NamedTuple


class Sample(NamedTuple):
    """A rule, code before and after; ``safe`` is what its fix is called."""

    name: str
    before: str
    after: str
    safe: bool = True


def inside(code: str) -> str:
    """Put code into a function."""
    return "def f(a, b, c):\n" + indent(dedent(code).strip("\n"), "    ") + "\n"


MATCH: tuple[Sample, ...] = (
    Sample("invert-any-all", "x = not all(not p for p in ps if p)\n", "x = any(p for p in ps if p)\n"),
    Sample("invert-any-all", "x = not any(p is None for p in ps)\n", "x = all(p is not None for p in ps)\n"),
    Sample("invert-any-all", "x = a and not all(p in q for p in ps)\n", "x = a and any(p not in q for p in ps)\n"),
    Sample("invert-any-all", "if(not any(not p for p in ps)): pass\n", "if(all(p for p in ps)): pass\n"),
    Sample("invert-any-all", "x = not any(not p # why\n for p in ps)\n", "x = all(p # why\n for p in ps)\n"),
    Sample("use-count", inside("x = [a, b]\nreturn len([y for y in x if y == 3])"), inside("x = [a, b]\nreturn x.count(3)")),
    Sample("use-count", "def f(x: list[int]): return sum(1 for y in x if y == 3)\n", "def f(x: list[int]): return x.count(3)\n", safe=False),
    Sample("simplify-find", "x = a.find('b') >= 0\n", "x = 'b' in a\n", safe=False),
    Sample("simplify-find", inside("x = str(b)\nreturn x.find('x') != -1"), inside("x = str(b)\nreturn 'x' in x")),
    Sample("simplify-empty-comparison", inside("x = [a]\nreturn x == []"), inside("x = [a]\nreturn not x")),
    Sample("simplify-empty-comparison", inside("x = {a: b}\nif x != {}: return 1"), inside("x = {a: b}\nif x: return 1")),
    Sample("simplify-len-comparison", inside("x = sorted(a)\nreturn len(x) == 0"), inside("x = sorted(a)\nreturn not x")),
    Sample("simplify-len-comparison", inside("x = set(a)\nwhile b or (len(x) > 0): x.pop()"), inside("x = set(a)\nwhile b or (x): x.pop()")),
    Sample("simplify-len-comparison", inside("x: list[int] = []\nreturn [1 for y in a if len(x) != 0]"), inside("x: list[int] = []\nreturn [1 for y in a if x]")),
    Sample("swap-if-expression", "x = a if not (b or c) else d + 1\n", "x = d + 1 if (b or c) else a\n"),
    Sample("use-fstring", inside("x = str(a)\nreturn 'a{' + x + '}'"), inside("x = str(a)\nreturn f'a{{{x}}}'")),
    Sample("use-fstring", "x = 'n: ' + str(n) + f'{m!r}.'\n", "x = f'n: {n!s}{m!r}.'\n"),
    Sample("while-guard", "while True:\n    if x is None:\n        break\n    x = f(x)\n", "while x is not None:\n    x = f(x)\n"),
    Sample("use-next", inside("for x, y in a:\n    if y:\n        return x\nreturn"), inside("return next((x for x, y in a if y), None)")),
    Sample("use-next", inside("for x in a:\n    if b(x):\n        return x.c\nreturn None"), inside("return next((x.c for x in a if b(x)), None)"), safe=False),
    Sample("sum-comprehension", inside("n = 0\nfor x in a:\n    if x.b:\n        n += 1\nreturn n"), inside("n = sum(1 for x in a if x.b)\nreturn n")),
    Sample("sum-comprehension", inside("n = 0\nfor x in a:\n    n += x\nreturn n"), inside("n = sum(x for x in a)\nreturn n"), safe=False),
    Sample("use-join", inside('s = ""\nfor x in a:\n    s += str(x)\nreturn s'), inside('s = "".join(str(x) for x in a)\nreturn s')),
    Sample("range-len", inside("for i in range(len(a)):\n    print(a[i])"), inside("for item in a:\n    print(item)"), safe=False),
    Sample("range-len", "def f(names):\n    for i in range(len(names)):\n        print(i, names[i], names[i].x)\n", "def f(names):\n    for i, name in enumerate(names):\n        print(i, name, name.x)\n", safe=False),
    Sample("merge-list-append", inside("x = [1]\nx.append(a)\nx.append(b())\nreturn x"), inside("x = [1, a, b()]\nreturn x")),
    Sample("merge-list-append", "# c\nx = []\n\nx.append(y)\n", "# c\nx = [y]\n"),
    Sample("merge-dict-assign", inside("x = {'a': 1}\nx['b'] = a\nx[3] = b\nreturn x"), inside("x = {'a': 1, 'b': a, 3: b}\nreturn x")),
    Sample("use-named-expression", inside("x = a()\nif x is not None:\n    b(x)"), inside("if (x := a()) is not None:\n    b(x)")),
    Sample("use-named-expression", inside("x = a[b]\nif not x:\n    c(x)\nelse:\n    c(x)"), inside("if not (x := a[b]):\n    c(x)\nelse:\n    c(x)")),
    Sample("remove-unreachable-code", inside("while a:\n    break\n    b()\n    if c:\n        b()\nreturn 1"), inside("while a:\n    break\nreturn 1")),
    Sample("remove-redundant-if", inside("if False:\n    a()\nelif b:\n    c()"), inside("if b:\n    c()")),
    Sample("remove-redundant-if", inside("a()\nif 0:\n    b()\nc()"), inside("a()\nc()")),
    Sample("remove-redundant-if", inside("if False:\n    a()\nelse:\n    b()  # why\n    c()"), inside("b()  # why\nc()")),
    Sample("merge-except-handler", "try:\n    a()\nexcept KeyError as e:\n    b(e)\nexcept (OSError, IndexError) as e:\n    b(e)\n", "try:\n    a()\nexcept (KeyError, OSError, IndexError) as e:\n    b(e)\n"),
    Sample("merge-except-handler", "try:\n    a()\nexcept m.Bad:\n    pass\nexcept KeyError:\n    pass\n", "try:\n    a()\nexcept (m.Bad, KeyError):\n    pass\n", safe=False),
    Sample("lift-return-into-if", inside("if a:\n    x = 1\nelif b:\n    x = 2  # two\nelse:\n    x = 3\nreturn x"), inside("if a:\n    return 1\nelif b:\n    return 2  # two\nelse:\n    return 3")),
)  # fmt: skip

MISS: dict[str, tuple[str, ...]] = {
    "invert-any-all": (
        "x = not any(p == 1 for p in ps)\n",  # `!=` may be something else than the opposite of `==`
        "x = not any(p for p in ps)\n",
        "x = not any(p < q < r for p in ps)\n",
        "x = not any(a in b in c for a in ps)\n",
        "x = not np.any(not p for p in ps)\n",
        "x = not any([not p for p in ps])\n",
        "from numpy import *\nx = not any(not p for p in ps)\n",
        "def any(x): ...\nx = not any(not p for p in ps)\n",
    ),
    "use-count": (
        inside("return sum(1 for y in a if y == 3)"),  # a set has no `count`, a generator neither
        inside("x = set(a)\nreturn sum(1 for y in x if y == 3)"),
        inside("x = list(a)\nreturn sum(1 for y in x if y == b)"),  # NaN
        inside("x = list(a)\nreturn sum(1 for y in x if y == f'{y}')"),
        inside("x = list(a)\nx = b\nreturn sum(1 for y in x if y == 3)"),
        inside("x = list(a)\nreturn sum(2 for y in x if y == 3)"),
    ),
    "simplify-find": (
        "x = table['a'].str.find('x') == -1\n",  # of pandas
        "x = a.find(b) == -1\n",
        "x = a.find(b'x') == -1\n",  # mmap
        "x = a.find('x', 3) == -1\n",
        "x = a.find('x') == 0\n",
        "x = a.find('x') > 0\n",
        "x = not a.find('x') == -1\n",
        inside("x = [1]\nreturn x.find('x') == -1"),
    ),
    "simplify-empty-comparison": (
        inside("return a == []"),  # None is false too
        inside("x = [a]\nreturn x == {}"),
        inside("x = [a]\nreturn x != []"),  # not the same as the list itself
        inside("x = [a]\nreturn x == [b]"),
        inside("x = [a]\ndef g():\n    nonlocal x\n    x = None\nreturn x == []"),
        inside("x = [a]\nfor x in a: pass\nreturn x == []"),
        inside("x = [a]\nwith a as x: pass\nreturn x == []"),
        inside("x = [a]\nx, y = a\nreturn x == []"),
        inside("x = [a]\nreturn [x for x in a if x == []]"),
        inside("x = [a]\nx += b\nreturn x == []"),
        inside("x = [a]\nmatch a:\n    case [x]: pass\nreturn x == []"),
        "x = []\ny = x == []\n",  # others may bind a name of a module
        "def f(a: list[int] | None): return a == []\n",
        "def f(a: list[int] = None): return a == []\n",
        "def f(*a: list[int]): return a == []\n",
    ),
    "simplify-len-comparison": (
        inside("return 1 if len(a) > 0 else 2"),  # numpy arrays have no truth
        inside("x = [a]\nreturn len(x) > 0"),
        inside("x = [a]\nreturn len(x) > 1"),
        inside("x = [a]\nreturn not len(x) == 0"),
        inside("x = [a]\nreturn b and len(x) > 0"),
        "def f(a: np.ndarray):\n    if len(a) > 0: pass\n",
        "def f(a: Sequence[int]):\n    if len(a) > 0: pass\n",
        "def f(a: list[int]):\n    len = a\n    if len(a) > 0: pass\n",
    ),
    "swap-if-expression": (
        "x = a if not b else c if d else e\n",
        "x = a if not b else lambda: c\n",
        "x = a if b else c\n",
        "x = (a\n     if not b\n     else c)\n",
        "x = a if b else c if not d else e\n",
    ),
    "use-fstring": (
        "x = 'a' + b\n",
        "x = 'a' + 'b'\n",
        "x = b'a' + str(b)\n",
        "x = 'a' + str(b) + c\n",
        "x = 'a' + str(b, 'utf-8')\n",
        "x = 'a' + str(b['c'])\n",
        "x = 'a' + str(b) + \"c\"\n",
        "x = r'a' + str(b)\n",
        "x = '''a''' + str(b)\n",
        "x = 'a' + str(b) * 2\n",
        "str = f\nx = 'a' + str(b)\n",
    ),
    "while-guard": (
        "while True:\n    if x == 1:\n        break\n    f()\n",
        "while True:\n    if x:\n        break\n    f()\nelse:\n    g()\n",
        "while True:\n    if x:\n        break\n    else:\n        g()\n    f()\n",
        "while True:\n    if x:\n        g()\n        break\n    f()\n",
        "while True:\n    if x:\n        break  # why\n    f()\n",
        "while True:\n    # why\n    if x:\n        break\n    f()\n",
        "while True:  # why\n    if x:\n        break\n    f()\n",
        "while True:\n    if x or y:\n        break\n    f()\n",
        "while True:\n    if x:\n        break\n",
        "while True:\n    if x: break\n\n    # then\n    f()\n",
        "while y:\n    if x:\n        break\n    f()\n",
    ),
    "use-next": (
        inside("for x in a:\n    if x:\n        return True\nreturn False"),  # ruff's SIM110
        inside("for x in a:\n    if x:\n        return x\n    b()\nreturn None"),
        inside("for x in a:\n    if x:\n        return x\nreturn b"),
        inside("for x in a:\n    if x:\n        return x\nelse:\n    b()\nreturn None"),
        inside("for x in a:\n    if (y := x):\n        return y\nreturn None"),
        inside("for a.b in a:\n    if a.b:\n        return a.b\nreturn None"),
        inside("for x in a:\n    if x:\n        return lambda: x\nreturn None"),
        inside("def g():\n    return x\nfor x in a:\n    if g():\n        return x\nreturn None"),
        inside("for x in a:\n    if super().f(x):\n        return x\nreturn None"),
        inside("for x in a:\n    # why\n    if x:\n        return x\nreturn None"),
        "for x in a:\n    if x:\n        break\n",
        "async def f(a):\n    async for x in a:\n        if x:\n            return x\n    return None\n",
        "async def f(a):\n    for x in a:\n        if await x:\n            return x\n    return None\n",
    ),
    "sum-comprehension": (
        inside("try:\n    n = 0\n    for x in a:\n        n += x\nexcept TypeError:\n    print(n)"),
        inside("n = 0.0\nfor x in a:\n    n += x\nreturn n"),
        inside("n = 0\nfor x in a:\n    n += x\nreturn n, x"),  # the loop's variable lives on
        inside("n = 0\nfor x in a:\n    n += n\nreturn n"),
        inside("n = 0\nfor x in a(n):\n    n += x\nreturn n"),
        inside("n = 0\nfor x in a:\n    n -= x\nreturn n"),
        inside("n = 0\nfor x in a:\n    n += x\n    b()\nreturn n"),
        inside("n = 0\nfor x in a:\n    n += x\nelse:\n    b()\nreturn n"),
        inside("n = 0\nb()\nfor x in a:\n    n += x\nreturn n"),
        inside("n = 0\ndef g():\n    return n\nfor x in a:\n    n += g()\nreturn n"),
        inside("n = 0\nfor x in a:\n    n += yield x\nreturn n"),
        inside("n = 0\nfor x in 1, 2:\n    n += x\nreturn n"),
        "n = 0\nfor x in a:\n    n += 1\n",
    ),
    "use-join": (
        inside("with b():\n    s = ''\n    for x in a:\n        s += f'{x}'\nreturn s"),
        inside("s = ''\nfor x in a:\n    s += x\nreturn s"),  # who knows what x is
        inside("s = ''\nfor x in a:\n    s += s + 'x'\nreturn s"),
        inside("s = ''\nfor x in a:\n    s += f'{s}'\nreturn s"),
        inside("s = ''\nfor x in a:\n    s += f'{x}'  # why\nreturn s"),
        inside("s = 'a'\nfor x in a:\n    s += f'{x}'\nreturn s"),
    ),
    "range-len": (
        "class A:\n    def __iter__(self):\n        for i in range(len(self)):\n            yield self[i]\n",
        inside("for i in range(len(a)):\n    a[i] = 1"),
        inside("for i in range(len(a)):\n    a[i] += 1"),
        inside("for i in range(len(a)):\n    print(a[i])\n    a.pop()"),
        inside("for i in range(len(a)):\n    print(a[i], a)"),
        inside("for i in range(len(a)):\n    print(a[i + 1])"),
        inside("for i in range(len(a)):\n    print(i)"),
        inside("for i in range(len(a)):\n    print(a[i])\n    i = 3"),
        inside("for i in range(len(a)):\n    print(a[i])\nreturn i"),
        inside("for i in range(len(a)):\n    del a[i]"),
        inside("for i in range(len(a)):\n    a[i], b = b, a[i]"),
        inside("for i in range(len(a)):\n    [b for a[i] in c]"),
        inside("item = 3\nfor i in range(len(a)):\n    print(a[i])\nreturn item"),
        inside("for i in range(1, len(a)):\n    print(a[i])"),
        inside("for i in range(len(a)):\n    x = a[i]  # why\n    print(x)"),
        "for i in range(len(a)):\n    print(a[i])\n",
    ),
    "merge-list-append": (
        inside("x = []\nx.append(x)\nreturn x"),
        inside("x = []\nx.append(lambda: x)\nreturn x"),
        inside("x = []\ny.append(a)\nreturn x"),
        inside("x = []  # why\nx.append(a)\nreturn x"),
        inside("x = []\n# why\nx.append(a)\nreturn x"),
        inside("x = []\nx.append(*a)\nreturn x"),
        inside("x = []\nx.append((y := a))\nreturn x, y"),
        inside("x = y = []\nx.append(a)\nreturn x"),
        inside("a.x = []\na.x.append(a)"),
    ),
    "merge-dict-assign": (
        inside("x = {'a': 1}\nx[\"a\"] = 2\nreturn x"),
        inside("x = {'a': 1}\nx['a'] = 2\nreturn x"),
        inside("x = {**a}\nx['a'] = 2\nreturn x"),
        inside("x = {b(): 1}\nx['a'] = 2\nreturn x"),
        inside("x = {}\nx['a'] = x\nreturn x"),
        inside("x = {}\nx[a] = 2\nreturn x"),
        inside("x = {}\nx['a'] += 2\nreturn x"),
        inside("x = {}\nx['a'] = y = 2\nreturn x"),
        inside("x = {}\nx['a'] = 2  # why\nreturn x"),
        inside("x = {}\nx['a']['b'] = 2\nreturn x"),
    ),
    "use-named-expression": (
        inside("x = a()\nif x:\n    b(x)\nreturn x"),
        inside("x = a()\nif x:\n    b()"),
        inside("x = a()\nif b:\n    c(x)"),
        inside("x = a()\nif x and b:\n    c(x)"),
        inside("x = a\nif x:\n    c(x)"),
        inside("x = a() if b else c\nif x:\n    c(x)"),
        inside("x = a()  # why\nif x:\n    c(x)"),
        inside("def g():\n    return x\nx = a()\nif x:\n    c(x)"),
        inside("while b:\n    print(x)\n    x = a()\n    if x:\n        c(x)"),
        inside("x: int = a()\nif x:\n    c(x)"),
        "x = a()\nif x:\n    c(x)\n",
    ),
    "remove-unreachable-code": (
        inside("return\nyield"),
        inside("raise NotImplementedError\nx = 1"),  # x is local because of it
        inside("return 1\n# why\nprint()"),
        inside("if a:\n    return 1\nreturn 2"),
        inside("return 1\nimport b"),
        inside("return 1\ndef g(): pass"),
        inside("return 1\nfor x in a: print()"),
        "raise SystemExit\nprint()\n",
    ),
    "remove-redundant-if": (
        inside("if False:\n    yield"),
        inside("if False:\n    x = 1\nreturn 2"),
        inside("if False:\n    pass  # why"),
        inside("if TYPE_CHECKING:\n    a()"),
        inside("if a:\n    if False:\n        b()"),
        inside("while True:\n    a()"),
        inside("if True: a()"),
        "if True:\n    x = 1\n",
    ),
    "merge-except-handler": (
        "try:\n    import q\n    q.run()\nexcept ImportError:\n    b()\nexcept q.Bad:\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept OSError:\n    c()\n",
        "try:\n    a()\nexcept KeyError as e:\n    b(e)\nexcept OSError:\n    b(e)\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept:\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept ERRORS:\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept OsErrors:\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept c():\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\n# why\nexcept OSError:\n    b()\n",
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept IndexError:\n    c()\nexcept OSError:\n    b()\n",
        "try:\n    a()\nexcept* KeyError:\n    b()\nexcept* OSError:\n    b()\n",
    ),
    "lift-return-into-if": (
        inside("if a:\n    x = 1\nelse:\n    x = 2\nreturn x"),  # ruff's SIM108
        inside("if a:\n    x = 1\nelif b:\n    x = 2\nreturn x"),
        inside("if a:\n    x = 1\nelif b:\n    y = 2\nelse:\n    x = 3\nreturn x"),
        inside("x = 0\nif a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = x + 3\nreturn x"),
        inside("try:\n    if a:\n        x = 1\n    elif b:\n        x = 2\n    else:\n        x = 3\n    return x\nfinally:\n    print(x)"),
        inside("def g():\n    return x\nif a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = g()\nreturn x"),
        inside("global x\nif a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\nreturn x"),
        inside("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n# why\nreturn x"),
        "def f(a, x):\n    if a:\n        print()\n        x = 1\n    else:\n        x = 2\n    return x\n",
    ),
}  # fmt: skip
