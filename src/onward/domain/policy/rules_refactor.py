"""The group `refactor`: onward's own refactorings in words, and the rules of ruff that belong beside them."""

import msgspec

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

UNREAD = "refactor/unread"


class Refactoring(msgspec.Struct, frozen=True, kw_only=True):
    """One of onward's own: what it says, why, ``bad`` and ``good`` code, and ``when`` it finds and mends something.

    ``bad`` becomes ``good`` by its fix.
    """

    name: str
    title: str
    why: str
    when: str
    bad: str
    good: str

    @property
    def text(self) -> str:
        """The long text of the rule, as Markdown."""
        return f"{self.when}\n\n```python\n{self.bad}```\n\nis said more plainly so:\n\n```python\n{self.good}```\n"


REFACTORINGS: tuple[Refactoring, ...] = (
    Refactoring(
        name="invert-any-all",
        title="`not any(not ...)` is `all(...)`, and the other way round.",
        why="Two negations have to be undone in the head of everybody who reads it.",
        when="Found where the test in it is `not ...`, `in`, `not in`, `is` or `is not`, whose opposite is exact. Safe.",
        bad="done = not any(not task.done for task in tasks)\n",
        good="done = all(task.done for task in tasks)\n",
    ),
    Refactoring(
        name="use-count",
        title="Items that equal a value are counted by `count`.",
        why="The name says what happens, and no loop is needed.",
        when="Found where the items are a list or tuple that the function makes itself (safe) or declares (unsafe), and the"
        " value is a plain constant.",
        bad="def f(word):\n    letters = list(word)\n    return sum(1 for letter in letters if letter == 'e')\n",
        good="def f(word):\n    letters = list(word)\n    return letters.count('e')\n",
    ),
    Refactoring(
        name="simplify-find",
        title="Whether a text holds another is asked by `in`.",
        why="`find` gives a place, and -1 for none, which is true as a condition. `in` cannot be misread.",
        when="Found where the part is a text that is written there. Safe where the whole is known to be a text, else unsafe:"
        " another class may have a `find`.",
        bad="def f(line: str) -> bool:\n    return line.find('#') == -1\n",
        good="def f(line: str) -> bool:\n    return '#' not in line\n",
    ),
    Refactoring(
        name="simplify-empty-comparison",
        title="A collection is empty when it is false.",
        why="No second collection has to be built only to compare with it.",
        when="Found where the function makes the collection itself (safe) or declares its type (unsafe), and it has the type of"
        " what it is compared with. `x != []` only where nothing but its truth counts.",
        bad="def f(names: list[str]) -> str:\n    if names == []:\n        return 'none'\n    return names[0]\n",
        good="def f(names: list[str]) -> str:\n    if not names:\n        return 'none'\n    return names[0]\n",
    ),
    Refactoring(
        name="simplify-len-comparison",
        title="Whether something is empty needs no `len`.",
        why="The truth of a collection says it, in fewer signs.",
        when="Found where the function makes the collection itself (safe) or declares its type (unsafe): arrays and tables of"
        " other libraries have no truth. `len(x) > 0` only where nothing but its truth counts.",
        bad="def f(names: list[str]) -> str:\n    if len(names) > 0:\n        return names[0]\n    return 'none'\n",
        good="def f(names: list[str]) -> str:\n    if names:\n        return names[0]\n    return 'none'\n",
    ),
    Refactoring(
        name="swap-if-expression",
        title="A choice that begins with `not` is plainer the other way round.",
        why="Who reads it does not have to turn it over.",
        when="Found in every choice on one line that has no other choice in or around it. Safe.",
        bad="name = 'nobody' if not user else user.name\n",
        good="name = user.name if user else 'nobody'\n",
    ),
    Refactoring(
        name="use-fstring",
        title="A text put together with `+` is plainer as an f-string.",
        why="It reads as the text it becomes, without quotes and signs between.",
        when="Found where every part is known to be a text and all literals have the same quotes. Safe where the function makes"
        " the texts itself or calls `str`, unsafe where a type is only declared.",
        bad="def f(name: str) -> str:\n    return 'Hello ' + name + '!'\n",
        good="def f(name: str) -> str:\n    return f'Hello {name}!'\n",
    ),
    Refactoring(
        name="while-guard",
        title="A loop that begins by leaving has its test in the wrong place.",
        why="The head of a loop is where people look for how long it runs.",
        when="Found for `while True` without `else` whose first statement is only `if ...: break`, where the opposite of the"
        " test can be said exactly. Safe.",
        bad="while True:\n    if not queue:\n        break\n    run(queue.pop())\n",
        good="while queue:\n    run(queue.pop())\n",
    ),
    Refactoring(
        name="use-next",
        title="The first item for which something holds is found by `next`.",
        why="One expression says what is looked for and what comes when there is none.",
        when="Found where the loop does nothing else, its variable is used nowhere else and the default is a constant. Safe"
        " where nothing is called in it: a `StopIteration` from there would become another error.",
        bad="def f(numbers):\n    for number in numbers:\n        if number > 3:\n            return number\n    return None\n",
        good="def f(numbers):\n    return next((number for number in numbers if number > 3), None)\n",
    ),
    Refactoring(
        name="sum-comprehension",
        title="A loop that adds up is a `sum`.",
        why="The name says what happens.",
        when="Found where the sum starts at 0 right before the loop and the loop does nothing else. Safe for whole numbers"
        " (a constant, `len(...)`) without a call in the test, else unsafe: `sum` adds floats more precisely.",
        bad="def f(words):\n    total = 0\n    for word in words:\n        total += len(word)\n    return total\n",
        good="def f(words):\n    total = sum(len(word) for word in words)\n    return total\n",
    ),
    Refactoring(
        name="use-join",
        title="A text put together in a loop is a `join`.",
        why="It says what happens, and does not copy the text again in each round.",
        when="Found where the text starts empty right before the loop, the loop does nothing else, and what is added is an"
        " f-string, `str(...)` or `repr(...)`. Safe without a call in the test.",
        bad="def f(words):\n    text = ''\n    for word in words:\n        text += f'{word};'\n    return text\n",
        good="def f(words):\n    text = ''.join(f'{word};' for word in words)\n    return text\n",
    ),
    Refactoring(
        name="range-len",
        title="Items are gone through as such, with `enumerate` where their number is needed too.",
        why="A number that only fetches an item is one more thing to get wrong.",
        when="Found where the items are a name that is mentioned only as `items[number]`, and not written to. Unsafe: what is"
        " called in the loop could change the items.",
        bad="def f(names):\n    for i in range(len(names)):\n        name = names[i]\n        print(i, name)\n",
        good="def f(names):\n    for i, name in enumerate(names):\n        print(i, name)\n",
    ),
    Refactoring(
        name="use-zip",
        title="Two lists are gone through at once by `zip`.",
        why="A number that only fetches items is one more thing to get wrong, and twice so for two lists.",
        when="Found where both are names that are mentioned only as `name[number]`, and not written to. Safe where the function"
        " itself makes both right before the loop, the second by an item for each of the first, and does nothing else with"
        " them. Else unsafe: what has numbers may be no list, and `strict=True` (Python 3.10) makes lists of different length an"
        " error, where the loop may have left out the rest of the second.",
        bad="def f(names, ages):\n    for i in range(len(names)):\n        print(names[i], ages[i])\n",
        good="def f(names, ages):\n    for name, age in zip(names, ages, strict=True):\n        print(name, age)\n",
    ),
    Refactoring(
        name="use-any-all",
        title="A loop that sets a flag and leaves is an `any` or an `all`.",
        why="The name says what is asked, and no flag has to be followed through a loop.",
        when="Found where the flag is set right before the loop, and the loop only turns it and leaves at the first item for"
        " which a test holds. Safe where nothing is called in the test: a `StopIteration` from there would become another error.",
        bad="def f(numbers):\n    found = False\n    for number in numbers:\n        if number > 3:\n            found = True\n"
        "            break\n    return found\n",
        good="def f(numbers):\n    found = any(number > 3 for number in numbers)\n    return found\n",
    ),
    Refactoring(
        name="hoist-constant",
        title="A constant that each round of a loop names anew is named once, before it.",
        why="Who reads the loop sees what changes in it.",
        when="Found where a round begins with it, and the name is used in the loop only and not written to. Safe. What is"
        " no constant is left where it is: it could fail, change or do something, and a loop may have no round.",
        bad="def f(rows):\n    for row in rows:\n        limit = 80\n        print(row[:limit])\n",
        good="def f(rows):\n    limit = 80\n    for row in rows:\n        print(row[:limit])\n",
    ),
    Refactoring(
        name="merge-list-append",
        title="What is appended to a list in the next line belongs into the list.",
        why="The list is there at once, and can be read at once.",
        when="Found where the item does not mention the list and the line stays short. Safe where nobody else can see the list"
        " half made.",
        bad="def f(first):\n    found = []\n    found.append(first)\n    return found\n",
        good="def f(first):\n    found = [first]\n    return found\n",
    ),
    Refactoring(
        name="merge-dict-assign",
        title="What is put into a dict in the next line belongs into the dict.",
        why="The dict is there at once, and can be read at once.",
        when="Found where keys are constants, each one new, the value does not mention the dict and the line stays short. Safe"
        " where nobody else can see the dict half made.",
        bad="def f(name):\n    row = {}\n    row['name'] = name\n    return row\n",
        good="def f(name):\n    row = {'name': name}\n    return row\n",
    ),
    Refactoring(
        name="use-named-expression",
        title="A name that only a test and its branches use can be given in the test (`:=`).",
        why="It is clear at once how far the name reaches.",
        when="Found where the value is one call or item on one line, the test asks only about the name, and nothing after the"
        " `if` mentions it. Safe.",
        bad="def f(text):\n    found = search(text)\n    if found:\n        print(found)\n",
        good="def f(text):\n    if found := search(text):\n        print(found)\n",
    ),
    Refactoring(
        name="remove-unreachable-code",
        title="Code after `return`, `raise`, `break` or `continue` is never run.",
        why="People read it and believe that it matters.",
        when="Found in functions, where what is never run gives no name, and has no `yield` (which makes a generator). Safe.",
        bad="def f(x):\n    return x + 1\n    print(x)\n",
        good="def f(x):\n    return x + 1\n",
    ),
    Refactoring(
        name="remove-redundant-if",
        title="The answer to this test is written in it.",
        why="It looks like a choice and is none.",
        when="Found in functions for `if True` and `if False` (1 and 0 too), where what is never run gives no name and has no"
        " `yield`. Safe.",
        bad="def f(x):\n    if True:\n        return x\n",
        good="def f(x):\n    return x\n",
    ),
    Refactoring(
        name="merge-except-handler",
        title="Two handlers that do the same are one.",
        why="What happens has to be read, and changed, only once.",
        when="Found for neighbours with the same code and the same name, whose classes are named one by one and do not"
        " come from the code in the `try`. Safe for Python's own errors, else unsafe: a name could stand for several classes.",
        bad="try:\n    run()\nexcept ValueError:\n    stop()\nexcept TypeError:\n    stop()\n",
        good="try:\n    run()\nexcept (ValueError, TypeError):\n    stop()\n",
    ),
    Refactoring(
        name="lift-return-into-if",
        title="Where each branch only sets what is then returned, each can return it.",
        why="Who reads a branch knows at once how it ends.",
        when="Found where the name is used for nothing else. Two branches of one line each are left to ruff (SIM108). Safe.",
        bad="def f(x):\n    if x:\n        print(x)\n        found = 1\n    else:\n        found = 2\n    return found\n",
        good="def f(x):\n    if x:\n        print(x)\n        return 1\n    else:\n        return 2\n",
    ),
)
"""Onward's own; `adapters/refactor` finds them."""

OWN: frozenset[str] = frozenset(one.name for one in REFACTORINGS)

RUFF: frozenset[str] = frozenset(
    [
        "B007",
        "C400",
        "C401",
        "C402",
        "C403",
        "C404",
        "C405",
        "C406",
        "C408",
        "C409",
        "C410",
        "C411",
        "C413",
        "C414",
        "C415",
        "C416",
        "C417",
        "C418",
        "C419",
        "C420",
        "F541",
        "FLY002",
        "FURB105",
        "FURB110",
        "FURB122",
        "FURB129",
        "FURB132",
        "FURB136",
        "FURB157",
        "FURB161",
        "FURB162",
        "FURB163",
        "FURB166",
        "FURB167",
        "FURB168",
        "FURB169",
        "FURB171",
        "FURB177",
        "FURB181",
        "FURB187",
        "FURB188",
        "PERF101",
        "PERF102",
        "PERF401",
        "PERF402",
        "PERF403",
        "PIE790",
        "PIE794",
        "PIE800",
        "PIE804",
        "PIE807",
        "PIE808",
        "PIE810",
        "PLC0206",
        "PLC0208",
        "PLC1802",
        "PLR0402",
        "PLR1711",
        "PLR1714",
        "PLR1716",
        "PLR1722",
        "PLR1730",
        "PLR1733",
        "PLR1736",
        "PLR5501",
        "RET501",
        "RET502",
        "RET503",
        "RET504",
        "RET505",
        "RET506",
        "RET507",
        "RET508",
        "RUF005",
        "RUF010",
        "RUF015",
        "RUF019",
        "SIM101",
        "SIM102",
        "SIM103",
        "SIM105",
        "SIM107",
        "SIM108",
        "SIM109",
        "SIM110",
        "SIM113",
        "SIM114",
        "SIM115",
        "SIM116",
        "SIM117",
        "SIM118",
        "SIM201",
        "SIM202",
        "SIM208",
        "SIM210",
        "SIM211",
        "SIM212",
        "SIM220",
        "SIM221",
        "SIM222",
        "SIM223",
        "SIM300",
        "SIM401",
        "SIM905",
        "SIM910",
        "SIM911",
        "UP028",
        "UP032",
    ]
)
"""The rules of ruff 0.17 (none in preview) that ask for plainer code of the same meaning."""


def text_of(rule: str) -> Refactoring | None:
    """Give the words of `refactor/NAME`, None for what is no refactoring of onward's own."""
    name = rule.removeprefix("refactor/")
    return next((one for one in REFACTORINGS if rule != name and one.name == name), None)


def _rule(one: Refactoring) -> Rule:
    return Rule(
        id=f"refactor/{one.name}",
        summary=one.title,
        why=f"{one.why} {one.when}",
        remedy="`onward check --fix --all` mends what is safe, with `--unsafe` also the rest where tests prove it.",
        relaxed=Level.advise,
        standard=Level.advise,
        strict=Level.advise,
    )


REFACTOR_RULES: tuple[Rule, ...] = (
    *map(_rule, REFACTORINGS),
    Rule(
        id=UNREAD,
        summary="A file could not be read, so no refactoring was looked for in it.",
        why="It is no Python, or newer Python than the parsers in `onward[check]` know. Nothing found there would be no news.",
        remedy="Mend the file, or install a newer onward.",
        relaxed=Level.off,
        standard=Level.advise,
        strict=Level.advise,
    ),
)
