"""Facts of projects of each kind."""

import msgspec

from onward.domain.pipeline.model import Facts, Image, Part, Program, Step, Tag

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
    parts=(Part(name="shop", publish="pypi", trusted=True),),
)
SERVICE = msgspec.structs.replace(
    LIBRARY, systems=("ubuntu",), parts=(), images=(Image(name="shop"),)
)
TERMINAL = msgspec.structs.replace(
    LIBRARY,
    program=Program(slug="shop", starts=(("--version",), ("--say", "it's $HOME")), one_is_enough=True),
    images=(Image(name="shop"),),
)  # fmt: skip
WINDOWED = msgspec.structs.replace(
    LIBRARY,
    onward=("uv", "run", "--locked", "onward"),
    alone=("uv", "run", "--locked", "--only-group", "dev", "onward"),
    parts=(Part(name="shop", publish="house"),),
    program=Program(slug="shop", windowed=True),
)
BARE = msgspec.structs.replace(
    LIBRARY, tests=(), parts=(), onward=("uv", "run", "--locked", "onward")
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
BELOW = msgspec.structs.replace(
    TERMINAL,
    folder="apps/the shop",
    watched=("libs/base/**",),
    tag=Tag(start="shop-v"),
    parts=(Part(name="shop", publish="pypi", trusted=True, tag=Tag(start="shop-v")),),
)
WORKSPACE = msgspec.structs.replace(
    LIBRARY,
    name="house",
    folder="py",
    several=True,
    tests=(
        msgspec.structs.replace(TEST, name="test-shop", folder="packages/shop"),
        msgspec.structs.replace(TEST, name="test-till", folder="packages/till"),
    ),
    parts=(
        Part(
            name="shop",
            folder="packages/shop",
            publish="pypi",
            trusted=True,
            tag=Tag(start="shop-v", but=("shop-v2-v",)),
        ),
        Part(name="till", folder="packages/till"),
    ),
    images=(
        Image(name="shop", file="packages/shop/Dockerfile", member="shop"),
        Image(name="till", file="packages/till/Dockerfile", member="till"),
    ),
)
MEMBER = msgspec.structs.replace(
    BELOW,
    checked=(".",),
    watched=("uv.lock", "pyproject.toml", "packages/base/**"),
    images=(Image(name="shop", context="../..", member="shop"),),
)
ALL = {
    "library": LIBRARY,
    "service": SERVICE,
    "terminal": TERMINAL,
    "windowed": WINDOWED,
    "bare": BARE,
    "odd": ODD,
    "below": BELOW,
    "workspace": WORKSPACE,
    "member": MEMBER,
}
