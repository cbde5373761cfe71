"""Requirements in pyproject.toml change one by one; nothing else does."""

import pytest

from onward.core.errors import BadInput
from onward.domain.own_lines import change_requirements

TEXT = """\
# the top
[build-system]
requires = ["six==1.0"]  # not ours to raise

[project]  # the project
name = "demo"
dependencies = [
    # keep idna low
    "idna==3.7",  # because of X
    'six>=1.16 ; python_version < "4"',
    "Six[x]<2",
]

[project.optional-dependencies]
net = ["idna<3.8", "not a requirement==x"]

[tool.uv]
constraint-dependencies = ["six<9"]
dev-dependencies = ["six"]

[dependency-groups]
dev = ["idna", {include-group = "more"}]
more = ["six==1.16.0"]  # last
"""


def pinned(name: str, text: str) -> str:
    return text.replace("1.16", "1.17") if name == "six" else text


def test_only_the_requirements_change() -> None:
    assert change_requirements(TEXT, pinned) == TEXT.replace("six>=1.16", "six>=1.17").replace(
        "1.16.0", "1.17.0"
    )


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        '[project]\ndependencies=["six==1.16"]',
        "project.dependencies = ['''six==1.16''',\n]\n",
        'project = {dependencies = ["six==1.16"], name = "x"}\n',
        "[tool.other]\nx = 1\n[project]\ndependencies = ['six==1.16']\n[tool.uv]\ndev-dependencies = ['six==1.16']\n",
    ],
)
def test_odd_files_keep_their_form(text: str) -> None:
    changed = change_requirements(text, pinned)

    assert changed != text
    assert changed.replace("1.17", "1.16").replace("'", '"').replace('"""', '"') == text.replace(
        "'", '"'
    ).replace('"""', '"')


def test_no_toml_is_said() -> None:
    with pytest.raises(BadInput) as caught:
        change_requirements("[project", pinned, "lib/pyproject.toml")

    assert caught.value.reference == "bad-toml"
    assert "lib/pyproject.toml" in caught.value.message
