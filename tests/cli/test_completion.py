"""The completion scripts are valid, and the bash one completes for real."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from onward.cli.completion import SHELLS
from onward.cli.door import run_verb
from onward.cli.main import VERBS

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="there is no bash here")


def script(*words: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run_verb(["completion", *words], env or {}, cwd=Path.cwd(), out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def completed(tmp_path: Path, *words: str) -> list[str]:
    """Give what bash offers for the last of ``words``."""
    file = tmp_path / "onward.bash"
    file.write_text(script("bash")[1], encoding="utf-8", newline="\n")
    quoted = " ".join(f"'{word}'" for word in ("onward", *words))
    ask = (
        f"source '{file.as_posix()}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
        "_shtab_onward onward; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    ran = subprocess.run(
        [str(BASH), "--norc", "-c", ask], capture_output=True, encoding="utf-8", check=False
    )
    return ran.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_a_script_with_every_verb(shell: str) -> None:
    code, text, _ = script(shell, "--print")

    assert code == 0
    assert [verb for verb in VERBS if verb not in text] == []


@needs_bash
def test_the_bash_script_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "onward.bash"
    file.write_text(script("bash")[1], encoding="utf-8", newline="\n")

    ran = subprocess.run([str(BASH), "-n", str(file)], capture_output=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, b"")


@needs_bash
def test_bash_completes_verbs_options_and_choices(tmp_path: Path) -> None:
    assert set(completed(tmp_path, "")) >= set(VERBS)
    assert completed(tmp_path, "outd") == ["outdated"]
    assert "--print" in completed(tmp_path, "completion", "--p")
    assert completed(tmp_path, "completion", "z") == ["zsh"]


def test_the_shell_is_taken_from_the_environment() -> None:
    assert script(env={"SHELL": "/usr/bin/zsh"})[1].startswith("#compdef onward")


def test_an_unknown_shell_is_an_error_with_the_way_out() -> None:
    code, text, told = script(env={"SHELL": "/bin/nush"})

    assert (code, text) == (2, "")
    assert "`nush`" in told
    assert "onward completion bash" in told
    assert script()[0] == 2
