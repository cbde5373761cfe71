"""Rendering a folder of templates: copier's rules, as far as we use them."""

from pathlib import Path

import pytest

from onward.adapters.jinja import render_tree
from onward.core.errors import OnwardError


def write(root: Path, files: dict[str, str]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode())
    return root


def test_paths_and_contents_are_rendered(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "src/{{module}}/a.py.jinja": "x = '{{ name }}'\r\n",
            "plain {{name}}.txt": "{{ name }} stays, ${{ this }} too\n",
            "{{yes}}/kept": "1",
            "{{no}}/left out": "2",
        },
    )
    made = render_tree(root, {"name": "demo", "module": "demo_x", "yes": ".", "no": ""})
    assert {file.path: file.content for file in made} == {
        "kept": b"1",
        "plain demo.txt": b"{{ name }} stays, ${{ this }} too\n",
        "src/demo_x/a.py": b"x = 'demo'\n",  # rendered files have the same line ends everywhere
    }


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"a.jinja": "{{ unknown }}"}, "unknown"),
        ({"a.jinja": "{% if %}"}, "a.jinja"),
        ({"{{up}}/a": ""}, "outside"),
        ({"{{root}}": ""}, "outside"),
        ({"a": "", "{{dot}}/a": ""}, "two templates"),
    ],
)
def test_a_template_with_a_fault_is_named(tmp_path: Path, files: dict[str, str], word: str) -> None:
    with pytest.raises(OnwardError) as failed:
        render_tree(write(tmp_path, files), {"up": "..", "root": "/etc", "dot": "."})
    assert word in "\n".join((failed.value.message, *failed.value.context))
