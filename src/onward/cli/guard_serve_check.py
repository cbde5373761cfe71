"""``onward guard serve --check``: what would be in force, said without serving."""

from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.workflows.serving.build import Wishes
    from onward.workflows.serving.settings import ServerSettings


def show_settings(wishes: "Wishes", desk: Desk) -> int:
    """Read settings and policy as the server would, print them, and give the exit code."""
    from onward.core.folders import cache_folder
    from onward.domain.policy.durations import say_duration
    from onward.workflows.serving.build import settings_for
    from onward.workflows.serving.rulebook import LiveJudge
    from onward.workflows.serving.settings import SERVER_FILE, say_size
    from onward.workflows.settings import ORGANISATION_FILE

    settings = settings_for(wishes, desk.env)
    judge = LiveJudge(
        wishes.data,
        cache_folder(desk.env),
        clock=desk.clock,
        warn=lambda _error: None,
        dry_run=settings.dry_run,
    )
    policy = judge.policy
    limit = settings.cache_limit
    desk.say(f"data         {wishes.data}")
    desk.say(f"settings     {_file(wishes, SERVER_FILE)}")
    desk.say(f"policy       {_file(wishes, ORGANISATION_FILE)}")
    for upstream in settings.upstreams:
        names = f" for {', '.join(upstream.names)}" if upstream.names else ""
        login = f", login from {upstream.told_by}" if upstream.login else ""
        desk.say(f"upstream     {upstream.address}{names}{login}")
    desk.say(f"fresh_for    {say_duration(settings.fresh_for)}")
    desk.say(f"cache_limit  {'none' if limit is None else say_size(limit)}")
    desk.say(f"log_days     {settings.log_days}")
    desk.say(f"mode         {_mode(settings)}")
    desk.say(f"cooldown     {say_duration(policy.cooldown)}")
    desk.say(f"private      {', '.join(policy.private) or 'none'}")
    rows = [row for row in policy.rows if row.where and row.source.value == "organisation"]
    for row in rows:
        only = f" for {', '.join(row.only)}" if row.only else ""
        until = f" until {row.until.isoformat()}" if row.until else ""
        desk.say(f"row          {row.match}{only}: {row.level}{until}")
    desk.say(f"advisories   {judge.advice.source}")
    return FINE


def _file(wishes: "Wishes", name: str) -> str:
    path = wishes.data / name
    return str(path) if path.is_file() else f"none ({name} is not there)"


def _mode(settings: "ServerSettings") -> str:
    words = [
        "offline: no upstream is asked" if settings.offline else "",
        "dry run: only malware, quarantine and private names are blocked"
        if settings.dry_run
        else "",
    ]
    return "; ".join(filter(None, words)) or "the policy is enforced"
