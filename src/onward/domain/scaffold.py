"""What can be asked about a new project, which answers fit together, and how its names are made."""

import keyword
import re
import sys
import unicodedata
from enum import StrEnum

import msgspec

from onward.core.errors import BadInput
from onward.core.names import Name, parse_name


class Starter(StrEnum):
    """What a new project is for: the word after ``--kind``."""

    application = "application"
    library = "library"
    web = "web"
    cli = "cli"
    gui = "gui"
    data = "data"


STARTERS: dict[str, str] = {
    "application": "a program with settings that you run; its lock decides what is installed",
    "library": "code that other projects import; typed, tested on the oldest and newest Python",
    "web": "an application that answers HTTP, with a framework of your choice",
    "cli": "a command with arguments and options that people install",
    "gui": "a window on the desktop, with an icon; `onward ship app` gives it to people",
    "data": "a pipeline from files to files, with bad rows counted, not lost",
}

FRAMEWORKS: dict[str, str] = {
    "fastapi": "JSON interfaces from type annotations, checked and documented (async)",
    "flask": "pages and small sites, much freedom, a large choice of extensions",
    "django": "everything included: database, accounts, forms, admin",
    "quart": "what Flask is, but async",
    "starlette": "the small async base that FastAPI stands on",
}

LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "none")

OLDEST_PYTHON = (3, 11)
DEFAULT_PYTHON = "3.11"

LONGEST_NAME = 64  # so that generated lines with the name stay within 100 columns

# Import names that a new project would hide: what the templates use, what nearly every project
# adds sooner or later, and what must never be replaced in an environment.
_TAKEN = """
    aiohttp anyio asgiref attrs boto3 build celery certifi click copier coverage cryptography
    django fastapi flask gunicorn h11 hatchling httpcore httpx hypercorn hypothesis idna
    itsdangerous jinja2 markupsafe matplotlib msgspec mypy numpy onward packaging pandas pip
    pluggy polars psycopg pydantic pygments pytest python quart redis requests rich ruff scipy
    setuptools six sqlalchemy sqlparse starlette torch tornado tqdm twine typer
    typing_extensions urllib3 uv uvicorn virtualenv waitress werkzeug wheel yaml
"""
TAKEN = frozenset(_TAKEN.split())

# Folders and modules that stand beside the package in a project.
_BESIDE = frozenset({"conftest", "data", "src", "tests"})


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the templates need; built only by ``answer``.

    ``python`` is the oldest supported version as ``3.N``, ``framework`` is empty unless the
    kind is web, ``licence`` is an SPDX identifier or ``none``, ``year`` stands in the licence.
    """

    name: Name
    module: str
    kind: Starter
    framework: str
    python: str
    licence: str
    year: int


def name_from_folder(folder: str) -> Name:
    """Give the project name that a folder name stands for: `My Café` is `my-cafe`.

    Raises BadInput (``bad-name``) when no letters or digits remain that a name may have.
    """
    decomposed = unicodedata.normalize("NFKD", folder)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = re.findall(r"[A-Za-z0-9]+", plain)
    if not words or not re.fullmatch(r"[A-Za-z0-9\s._-]+", plain):
        raise BadInput(
            "bad-name",
            f"no project name can be made from the folder name `{folder}`",
            context=("A project name has ASCII letters, digits, `.`, `_` and `-`.",),
            hint="Say the name: onward new FOLDER --name NAME",
        )
    return parse_name("-".join(words))


def module_name(name: Name) -> str:
    """Give the name that Python imports for a project: `my-tool` is imported as `my_tool`."""
    return name.replace("-", "_")


def fault_of_name(name: Name) -> str:
    """Say what speaks against ``name``, with a better one; empty when it is good."""
    module = module_name(name)
    if len(name) > LONGEST_NAME:
        return f"`{name}` has {len(name)} characters; at most {LONGEST_NAME} fit"
    if not module.isidentifier():
        return f"Python cannot import `{module}`: a name starts with a letter; try `x{name}`"
    taken = {
        "is a word of Python itself": {*map(str.lower, keyword.kwlist)},
        "would hide a module of Python's standard library": sys.stdlib_module_names,
        "stands for something else in a project": _BESIDE,
        "would hide the library or tool of that name": TAKEN,
    }
    for why, names in taken.items():
        if module in names:
            better = f"my-{name}" if name.startswith("python") else f"{name}-app"
            return f"`{module}` {why}; try `{better}`"
    return ""


def answer(
    *,
    name: Name,
    kind: str,
    framework: str = "",
    python: str = DEFAULT_PYTHON,
    licence: str = "MIT",
    year: int,
) -> Answers:
    """Check all answers together and give them; raises BadInput that names every fault at once."""
    faults = [fault_of_name(name), _fault_of_python(python)]
    if kind not in STARTERS:
        faults.append(f"kind `{kind}` is not one of {', '.join(STARTERS)}")
    if framework and kind in STARTERS and kind != Starter.web:
        faults.append(f"a framework belongs to the kind web, not to {kind}")
    if kind == Starter.web and framework not in FRAMEWORKS:
        faults.append(f"framework `{framework}` is not one of {', '.join(FRAMEWORKS)}")
    if licence not in LICENCES:
        faults.append(f"licence `{licence}` is not one of {', '.join(LICENCES)}")
    if any(faults):
        raise BadInput(
            "bad-answer",
            "a project cannot be made from these answers",
            context=tuple(fault for fault in faults if fault),
        )
    return Answers(
        name=name,
        module=module_name(name),
        kind=Starter(kind),
        framework=framework,
        python=python,
        licence=licence,
        year=year,
    )


def _fault_of_python(python: str) -> str:
    if not re.fullmatch(r"3\.[0-9]{1,2}", python, re.ASCII):
        return f"Python `{python}` is not a version like 3.12"
    if (3, int(python.partition(".")[2])) < OLDEST_PYTHON:
        return f"Python {python} gets no security fixes any more; the oldest that does is 3.11"
    return ""


def variables(answers: Answers, onward: str) -> dict[str, object]:
    """Give what the templates see, as ``copier.yml`` describes it; ``onward`` is our version.

    The names ``_copier_conf`` and ``_copier_answers`` stand where copier puts its own.
    """
    kind, framework, licence = answers.kind, answers.framework, answers.licence
    only = {f"only_{name}": kind == name for name in Starter if name is not Starter.web}
    only |= {f"only_{name}": framework == name for name in FRAMEWORKS}
    only["only_settings"] = kind is Starter.application or framework not in ("", "django")
    only |= {
        "only_mit": licence == "MIT",
        "only_apache": licence == "Apache-2.0",
        "only_bsd": licence == "BSD-3-Clause",
    }
    return {
        "name": str(answers.name),
        "module": answers.module,
        "kind": str(kind),
        "framework": framework,
        "python": answers.python,
        "licence": licence,
        "year": str(answers.year),
        "onward": onward,
        "_copier_conf": {"src_path": "onward/templates/project"},
        "_copier_answers": {"_commit": f"v{onward}"},
        **{name: "." if wanted else "" for name, wanted in only.items()},
    }
