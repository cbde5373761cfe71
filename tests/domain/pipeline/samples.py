"""Facts of projects of each kind."""

import msgspec

from onward.domain.pipeline.model import Facts, Program, Step

TEST = Step(
    name="test",
    title="Run the tests",
    argv=("uv", "run", "--locked", "--isolated", "--", "python", "-m", "pytest"),
)
LIBRARY = Facts(
    name="shop",
    onward=("uvx", "--from", "onward[check]==0.1.0", "onward"),
    alone=("uvx", "--from", "onward[check]==0.1.0", "onward"),
    uv="0.13.9",
    python="3.14",
    pythons=("3.11", "3.14"),
    systems=("ubuntu", "macos", "windows"),
    tests=(TEST,),
    builds=True,
    publish="pypi",
    trusted=True,
)
SERVICE = msgspec.structs.replace(
    LIBRARY, systems=("ubuntu",), builds=False, publish="", trusted=False, container=True
)
TERMINAL = msgspec.structs.replace(
    LIBRARY,
    program=Program(slug="shop", starts=(("--version",), ("--say", "it's $HOME")), one_is_enough=True),
    container=True,
)  # fmt: skip
WINDOWED = msgspec.structs.replace(
    LIBRARY,
    onward=("uv", "run", "--locked", "onward"),
    alone=("uv", "run", "--locked", "--only-group", "dev", "onward"),
    publish="house",
    trusted=False,
    program=Program(slug="shop", windowed=True),
)
BARE = msgspec.structs.replace(
    LIBRARY, tests=(), builds=False, publish="", onward=("uv", "run", "--locked", "onward")
)
ODD = msgspec.structs.replace(
    LIBRARY,
    tests=(
        msgspec.structs.replace(
            TEST,
            name="test-1",
            argv=("sh", "-c", 'echo "${{ github.actor }}"'),
            env={"A": "x y"},
            folder="sub folder",
        ),
        msgspec.structs.replace(TEST, name="test-2", may_fail=True),
    ),
)
ALL = {
    "library": LIBRARY,
    "service": SERVICE,
    "terminal": TERMINAL,
    "windowed": WINDOWED,
    "bare": BARE,
    "odd": ODD,
}
