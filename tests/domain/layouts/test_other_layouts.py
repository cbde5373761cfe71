"""PDM, Pipenv, PEP 751, PEP 621 and setuptools: recorded files, and the odd ones by hand."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.artifact import Origin
from onward.core.errors import BadInput
from onward.core.project import Reading, Role
from onward.domain.layouts.pdm import read_pdm_lock
from onward.domain.layouts.pep621 import dynamic_files, read_pyproject
from onward.domain.layouts.pipenv import read_pipfile, read_pipfile_lock
from onward.domain.layouts.pylock import read_pylock
from onward.domain.layouts.setup_cfg import read_setup_cfg
from onward.domain.layouts.setup_py import read_setup_py
from tests.domain.layouts.test_uvlock import RECORDED


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def test_pdm_joins_a_package_with_its_extras() -> None:
    lock = read_pdm_lock(recorded("pdm-2.29.3/pdm.lock"))
    assert (lock.kind, lock.requires_python) == ("pdm", ">=3.11")
    (httpx,) = lock.named("httpx")
    assert "anyio" in [d.name for d in httpx.dependencies]
    assert [d.name for d in httpx.optional["socks"]] == ["socksio"]
    (six,) = lock.named("six")
    assert (six.origin, six.source) == (Origin.path, "./six-1.16.0-py2.py3-none-any.whl")


def test_pipenv_lock_is_flat_and_has_every_category() -> None:
    lock = read_pipfile_lock(recorded("pipenv-2026.10.3/Pipfile.lock"))
    assert not lock.edges_known
    assert {"httpx", "pytest", "markdown"} <= {p.name for p in lock.packages}
    assert lock.requires_python == "==3.11.*"
    assert {p.source for p in lock.packages} == {"https://pypi.org/simple"}


def test_pipfile_categories_markers_and_addresses() -> None:
    reading = read_pipfile(recorded("pipenv-2026.10.3/Pipfile"))
    assert [(d.requirement, d.group) for d in reading.declared] == [
        ("httpx[socks]>=0.27,<0.28", ""),
        ("click~=8.1", ""),
        ("idna", ""),
        ("pytest>=8", "dev"),
        ("pyflakes", "dev"),
        ("markdown", "docs"),
    ]
    odd = read_pipfile(
        '[packages]\na = {version = "1.0", sys_platform = "== \'win32\'", markers = "python_version > \'3\'"}\n'
        'b = {git = "https://h/b.git", ref = "v1", editable = true}\nc = {path = "."}\nd = 4\ne = "soon"\n'
    )
    assert [d.requirement for d in odd.declared] == [
        'a==1.0; sys_platform == "win32" and python_version > "3"',
        "b @ git+https://h/b.git@v1",
        "c @ .",
    ]
    assert [u.place.line for u in odd.unreadable] == [5, 6]


def test_pylock_by_the_standard() -> None:
    lock = read_pylock(recorded("uv-0.13.9/pylock.toml"))
    assert (lock.kind, lock.edges_known) == ("pylock", False)
    assert [p.version for p in lock.named("idna")] == ["3.7", "3.10"]
    assert lock.named("acme")[0].is_root
    wheel = next(a for a in lock.named("click")[0].artifacts if a.is_wheel)
    assert wheel.uploaded is not None
    assert wheel.sha256
    assert wheel.size
    with pytest.raises(BadInput) as raised:
        read_pylock(
            'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nwheels = [{}]\n'
        )
    assert "packages[0]" in raised.value.context[0]
    with pytest.raises(BadInput):
        read_pylock('lock-version = "9.0"\ncreated-by = "x"\npackages = []\n')


def standard(text: str) -> Reading:
    return read_pyproject(tomllib.loads(text), text)


def test_pep621_with_extras_groups_includes_and_sources() -> None:
    reading = standard(recorded("uv-0.13.9/pyproject.toml"))
    by_group = {(d.role, d.group, str(d.name)): d for d in reading.declared}
    assert (Role.extra, "more", "attrs") in by_group
    assert (
        by_group[Role.group, "dev", "pyflakes"].place
        == by_group[Role.group, "lint", "pyflakes"].place
    )
    assert by_group[Role.build, "", "hatchling"].place.line == 21
    assert by_group[Role.main, "", "vendored"].direct == "vendored"
    assert by_group[Role.main, "", "vendored"].editable
    assert by_group[Role.main, "", "acme-core"].note == "a member of this workspace"
    assert reading.requires_python == ">=3.11"


def test_what_tools_add_to_pyproject() -> None:
    reading = standard(
        '[project]\nname = "a"\ndependencies = ["x", "y"]\n'
        '[dependency-groups]\nloop = [{include-group = "loop"}, {include-group = "gone"}, "z"]\nodd = [3]\n'
        '[tool.uv]\ndev-dependencies = ["d"]\nconstraint-dependencies = ["c<2"]\nextra-index-url = ["https://e/simple"]\n'
        '[tool.uv.sources]\nx = { git = "https://h/x", tag = "v1" }\ny = { index = "own" }\n'
        '[[tool.uv.index]]\nname = "own"\nurl = "https://own/simple"\nexplicit = true\n'
        '[[tool.pdm.source]]\nname = "p"\nurl = "https://p/simple"\n'
        '[tool.pdm.dev-dependencies]\nt = ["pytest", "-e file:///x#egg=y"]\n'
        '[tool.hatch.envs.docs]\ndependencies = ["mkdocs"]\n'
    )
    found = {(str(d.name), d.role, d.group): d for d in reading.declared}
    assert found["x", Role.main, ""].direct == "git+https://h/x@v1"
    assert found["y", Role.main, ""].note == "from the index `own`"
    assert ("d", Role.group, "dev") in found
    assert ("c", Role.constraint, "") in found
    assert ("pytest", Role.group, "t") in found
    assert ("mkdocs", Role.group, "hatch.docs") in found
    assert [(i.kind, i.url) for i in reading.indexes] == [
        ("named", "https://own/simple"),
        ("extra-index", "https://e/simple"),
        ("extra-index", "https://p/simple"),
    ]
    assert [u.reason for u in reading.unreadable] == ["text is expected", "there is no such group"]


def test_dynamic_files_of_setuptools() -> None:
    data = tomllib.loads(
        '[tool.setuptools.dynamic]\ndependencies = {file = ["r.txt"]}\n'
        'optional-dependencies.dev = {file = "d.txt"}\n'
    )
    assert dynamic_files(data) == (("r.txt", Role.main, ""), ("d.txt", Role.extra, "dev"))


CFG = """[metadata]
name = Old
version = attr: old.__version__
[options]
python_requires = >=3.7
install_requires =
    # a comment
    requests[socks] >=2.22.0
    importlib-metadata>=1.4.0; python_version<"3.8"
    not a requirement
setup_requires = wheel; setuptools
[options.extras_require]
Dev = file: dev.txt
test = pytest
"""


def test_setup_cfg_with_lines_extras_and_files() -> None:
    reading = read_setup_cfg(CFG, "setup.cfg", {"dev.txt": "tox\n"}.get)
    assert (reading.name, reading.version, reading.requires_python) == ("Old", "", ">=3.7")
    assert [(d.requirement, d.role, d.group, str(d.place)) for d in reading.declared] == [
        ("requests[socks]>=2.22.0", Role.main, "", "setup.cfg:8"),
        ('importlib-metadata>=1.4.0; python_version < "3.8"', Role.main, "", "setup.cfg:9"),
        ("wheel", Role.build, "", "setup.cfg:11"),
        ("setuptools", Role.build, "", "setup.cfg:11"),
        ("tox", Role.extra, "Dev", "dev.txt:1"),
        ("pytest", Role.extra, "test", "setup.cfg:14"),
    ]
    assert [u.place.line for u in reading.unreadable] == [10]
    with pytest.raises(BadInput):
        read_setup_cfg("no section\n", "setup.cfg", lambda _: None)


PY = """from setuptools import setup
WANTED = ["a>=1", "b"]
GROWN = ["c"]
GROWN.append("d")
setup(
    name="old", version="1.0", python_requires=">=3.8",
    install_requires=WANTED + ["e"],
    extras_require={"x": ["f"], ":python_version<'3'": ["g"], "y": GROWN},
    tests_require=open("t.txt").read().splitlines(),
)
"""


def test_setup_py_is_read_and_never_run() -> None:
    reading = read_setup_py(PY)
    assert (reading.name, reading.version, reading.requires_python) == ("old", "1.0", ">=3.8")
    assert [(d.requirement, d.role, d.group, d.place.line) for d in reading.declared] == [
        ("a>=1", Role.main, "", 2),
        ("b", Role.main, "", 2),
        ("e", Role.main, "", 7),
        ("f", Role.extra, "x", 8),
        ('g; python_version < "3"', Role.main, "", 8),
    ]
    assert [(u.place.line, u.text) for u in reading.unreadable] == [
        (9, "open('t.txt').read().splitlines()"),
        (8, "GROWN"),
    ]
    assert read_setup_py("print(1)\n").declared == ()
    with pytest.raises(BadInput) as raised:
        read_setup_py("def (:\n")
    assert "setup.py:1" in raised.value.context[0]


@given(st.text(max_size=80))
def test_foreign_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (read_pdm_lock, read_pipfile_lock, read_pylock, read_pipfile, read_setup_py):
        try:
            read(text)
        except BadInput as error:
            assert error.context  # noqa: PT017 - either outcome is right, this one has words


def test_a_list_that_holds_itself_and_a_very_long_sum_end() -> None:
    loop = read_setup_py(
        "from x import A\nA = A + ['b']\nB = [*B]\nsetup(install_requires=A, tests_require=B)\n"
    )
    assert [d.name for d in loop.declared] == ["b"]
    assert [u.text for u in loop.unreadable] == ["A", "B"]
    for terms in (700, 5000):  # more than this reader follows; more than Python itself parses
        text = "setup(install_requires=" + "+".join("['a']" for _ in range(terms)) + ")\n"
        try:
            reading = read_setup_py(text)
            assert reading.unreadable or len(reading.declared) == terms
        except BadInput as error:
            assert error.context  # noqa: PT017 - the interpreter decides how deep it goes


def test_a_marker_nested_without_end_is_unreadable() -> None:
    deep = "a ; " + "(" * 3000 + "os_name == 'x'" + ")" * 3000
    (entry,) = standard(f'[project]\nname = "p"\ndependencies = ["{deep}"]\n').unreadable
    assert entry.reason
