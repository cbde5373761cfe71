"""Repository, source distribution and wheel side by side: each difference is named once, and links have no content."""

import hashlib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.shipping.built import read_built
from onward.domain.shipping.compare import compare_findings
from tests.domain.shipping.archives import sdist, wheel

FILES = {"src/demo/__init__.py": b"", "src/demo/inner.py": b"x = 1\n", "pyproject.toml": b"[a]\n"}
INSTALLED = {"demo/__init__.py": b"", "demo/inner.py": b"x = 1\n"}


def compared(
    tree: Mapping[str, bytes], packed: Mapping[str, bytes], inside: Mapping[str, bytes]
) -> dict[str, list[str]]:
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
    one = read_built("demo-1.0.tar.gz", sdist(packed))
    two = read_built("demo-1.0-py3-none-any.whl", wheel(inside))
    found: dict[str, list[str]] = {}
    for finding in compare_findings(digests, one, two):
        found.setdefault(finding.rule, []).extend(finding.facts["paths"])
    return found


def test_three_that_agree() -> None:
    assert compared(FILES, FILES, INSTALLED) == {}


def test_each_difference_has_its_rule() -> None:
    tree = {**FILES, "notes.txt": b"", "docs/a.md": b""}
    packed = {**FILES, "src/demo/_version.py": b"1", "PKG-INFO": b"", "src/demo.egg-info/x": b""}
    packed |= {"pyproject.toml": b"[b]\n", "src/demo/inner.py": b"x = 2\n"}
    inside = {**INSTALLED, "demo/made.py": b"", "demo/_version.py": b"2"}
    inside |= {
        "demo/x.so": b"",
        "demo-1.0.data/scripts/run": b"",
        "demo-1.0.data/purelib/extra.py": b"",
    }
    assert compared(tree, packed, inside) == {
        "ship/not-in-sdist": ["docs/a.md", "notes.txt"],
        "ship/not-in-git": ["src/demo/_version.py"],
        "ship/rewritten": ["pyproject.toml", "demo/_version.py"],
        "ship/differs": ["src/demo/inner.py", "demo/inner.py"],
        "ship/wheel-only": ["demo/made.py", "extra.py"],
    }


def test_sources_that_were_a_source_distribution_hold_what_a_backend_made_then() -> None:
    made = ("PKG-INFO", "setup.cfg", "src/demo.egg-info/SOURCES.txt")
    tree = FILES | dict.fromkeys(made, b"old")
    packed = FILES | dict.fromkeys(made, b"new")
    assert compared(tree, packed, INSTALLED) == {"ship/rewritten": sorted(made)}


PATHS = st.from_regex(r"\A[a-c]{1,2}(/[a-c]{1,2})?\.txt\Z")
CONTENTS = st.dictionaries(PATHS, st.sampled_from([b"", b"1", b"2"]), max_size=6)


@given(CONTENTS, CONTENTS)
def test_no_difference_is_passed_over(tree: dict[str, bytes], packed: dict[str, bytes]) -> None:
    found = compared(tree, packed, INSTALLED)
    assert found.get("ship/not-in-sdist", []) == sorted(tree.keys() - packed.keys())
    assert found.get("ship/not-in-git", []) == sorted(packed.keys() - tree.keys())
    both = sorted(p for p in tree.keys() & packed.keys() if tree[p] != packed[p])
    assert [p for p in found.get("ship/differs", []) if p not in INSTALLED] == both
