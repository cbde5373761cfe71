"""``onward check --lsp``: the language server, if its libraries are there.

An option and no verb of its own, since it is the same check in another form.
"""

from onward.cli.door import Desk
from onward.core.errors import MissingTool


def run_server(desk: Desk) -> int:
    """Serve one editor until it is done; raises MissingTool (``no-language-server``) without ``onward[check]``."""
    try:
        from onward.cli.editor.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "onward":
            raise
        raise MissingTool(
            "no-language-server",
            "the libraries of the language server are not installed",
            context=(f"{error.name} is missing",),
            hint="Install onward with them: `uv tool install 'onward[check]'` or `pipx install 'onward[check]'`.",
        ) from error
    return serve(desk)
