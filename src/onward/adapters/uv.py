"""uv: where the program is."""

import shutil
from collections.abc import Mapping

import uv

from onward.core import env as names
from onward.core.errors import MissingTool


def uv_program(env: Mapping[str, str]) -> str:
    """Give the path of uv: ``ONWARD_UV``, else the one installed with onward, else the one on ``PATH``.

    Raises MissingTool when there is none.
    """
    if chosen := env.get(names.UV):
        return chosen
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        if found := shutil.which("uv", path=env.get("PATH")):
            return found
    raise MissingTool(
        "uv-missing",
        "uv is not there",
        hint="Install onward again (it brings uv), or set ONWARD_UV to the program.",
    )
