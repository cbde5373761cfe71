"""The policy and the advisory data of a running server, read again when their files change."""

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from onward.adapters.feed.store import feed_path
from onward.adapters.tables import popular_table
from onward.core.artifact import Artifact, Status
from onward.core.errors import BadInput, OnwardError
from onward.core.events import Event, Listener, unheard
from onward.core.finding import Finding, Release
from onward.core.names import Name, parse_name
from onward.core.policy import Verdict
from onward.domain.guard.advisories import Advisory
from onward.domain.guard.licences import LICENCE_RULES, lists_for
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index, Setting
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.shelves.guarded import NEVER_SHOWN
from onward.workflows.advice import Advice, feed_findings, open_advice
from onward.workflows.judge import Judge, Stated
from onward.workflows.settings import ORGANISATION_FILE, parse_toml, read_content

_LARGEST = 2_000_000  # bytes of a policy
_NO_RULES = "A file with a comment alone means that there are no rules but onward's own."
_A_SECOND = dt.timedelta(seconds=1)

Mark = tuple[int, int, int] | None
"""Inode, size and time of change of a file; None when it is not there."""


class LiveJudge:
    """Judges by the policy and the data as they are now (``shelves.guarded.PageJudge``).

    Safe to share between threads. ``edition`` grows whenever either has changed; a new
    policy that cannot be used is told to ``warn``, and the one before stays in force.
    Nothing is locked on a server: every release is one that is about to enter. A
    ``dry_run`` lets all pass but malware, quarantine and private names: to find out what a
    policy would do, nobody has to run malware, or ask strangers for names of one's own.
    """

    def __init__(
        self,
        data: Path,
        cache: Path,
        *,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
        dry_run: bool = False,
        tell: Listener = unheard,
    ) -> None:
        self.dry_run = dry_run
        self.stated: Stated | None = None
        """Gives what is known of the licences of a project's wheels, for whoever has that."""
        self._tell = tell
        self._policy_file = data / ORGANISATION_FILE
        self._feed_file = feed_path(cache)
        self._cache = cache
        self._clock = clock
        self._warn = warn
        self._popular = popular_table()
        self._lock = threading.Lock()
        self._marks: tuple[Mark, Mark] = self._look()
        self._made: tuple[int, Judge] | None = None
        self.edition = 1
        self.trouble: OnwardError | None = None
        """Why the policy file as it is now cannot be used; the one before is in force then."""
        self._policy = _read(self._policy_file)
        self._day = self._ending()
        self._advice = open_advice(cache)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    @property
    def advice(self) -> Advice:
        """The advisory data in force."""
        return self._advice

    def advisories(self, name: Name) -> tuple[Advisory, ...]:
        """Give the advisories on a project as of now; raises OutsideFailed when the data is damaged."""
        return self._advice.about(name)

    def refresh(self) -> bool:
        """Look whether a file has changed or a row has ended, and read it if so; whether there is anything new."""
        with self._lock:
            marks, day = self._look(), self._ending()
            if marks == self._marks and day == self._day:
                return False
            unusable = None
            if marks[1] != self._marks[1]:
                self._advice = open_advice(self._cache)
            if marks[0] != self._marks[0]:
                try:
                    self._policy = self._read_again(gone=marks[0] is None)
                    self.trouble = None
                except OnwardError as error:
                    self.trouble = unusable = error
            policy, feed = marks[0] != self._marks[0], marks[1] != self._marks[1]
            self._marks = marks  # only now: what broke off is tried again the next time
            self._day = self._ending()
            self.edition += 1
        if unusable is not None:
            self._warn(unusable)
        self._tell_news(policy=policy and self.trouble is None, feed=feed)
        return True

    def _read_again(self, *, gone: bool) -> Policy:
        """Read a policy that has changed; one that is gone, or empty where there were rules, is a fault.

        Many an editor takes a file away or empties it for a moment before it writes the new
        one, and nothing may be let in meanwhile.
        """
        said = f"`{self._policy_file.name}` is "
        if gone:
            raise BadInput(
                "policy-gone",
                f"{said}not there any more; the policy before stays in force",
                hint=_NO_RULES,
            )
        content = read_content(self._policy_file, _LARGEST)
        ruled = self._policy.digest != read_policy().digest
        if ruled and not content.strip():
            raise BadInput(
                "policy-empty", f"{said}empty; the policy before stays in force", hint=_NO_RULES
            )
        return _parse(content, self._policy_file)

    def _ending(self) -> dt.date | None:
        """Give today, when rows of the policy end on some day: their last day changes what is in force."""
        ends = any(row.until is not None for row in self._policy.rows)
        return self._clock().date() if ends else None

    def timestamp(self) -> float:
        """Give the current time in seconds since 1970."""
        return self._clock().timestamp()

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""
        return self._clock()

    def digest(self, name: Name) -> str:
        """Give a text that changes when a judgement on ``name`` could; see ``PageJudge``."""
        return self._judge().digest(name) + (" dry run" if self.dry_run else "")

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before any page is asked for."""
        return self._judge().on_name(name, index)

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases of a project."""
        return self._judge().on_releases(name, releases, index, status)

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""
        if self.dry_run and finding.rule not in NEVER_SHOWN:
            return False
        return self._judge().blocks(finding)

    def licence_matters(self, release: Release) -> bool:
        """Say whether what a release states of its licence could stop its installation (in a dry run: would)."""
        judge = self._judge()
        found = (Finding(rule=rule, subject=release, message="") for rule in LICENCE_RULES)
        return bool(lists_for(parse_name(release.name), judge.setting)) and any(
            map(judge.blocks, found)
        )

    def would_block(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Give those of ``found`` that would block, were this no dry run; none when it is none."""
        if not self.dry_run:
            return ()
        return tuple(f for f in found if f.rule not in NEVER_SHOWN and self._judge().blocks(f))

    def verdict(self, finding: Finding) -> Verdict:
        """Give the level of a finding, and the row of the policy that says so."""
        return self._judge().verdict(finding)

    def old_data(self) -> tuple[Finding, ...]:
        """Give a finding when the advisory data is missing or old, as of now."""
        return feed_findings(self._advice, self._clock())

    def _tell_news(self, *, policy: bool, feed: bool) -> None:
        if policy:
            self._tell(Event(kind="policy-read", facts={"digest": self._policy.digest[:16]}))
        if feed:
            self._tell(Event(kind="feed-read", facts={"source": self._advice.source}))

    def _judge(self) -> Judge:
        """Give a judge of this second: compiling the policy's rows for each question would cost more than the answers."""
        edition, now = self.edition, self._clock()
        made = self._made
        if made is not None and made[0] == edition and abs(made[1].now - now) < _A_SECOND:
            return made[1]
        policy = self._policy
        setting = Setting(
            now=now,
            cooldown=policy.cooldown,
            private=policy.private,
            allow_only=policy.allow_only,
            indexes=policy.indexes,
            licences=policy.licences,
        )
        judge = Judge(
            policy=policy,
            advice=self._advice,
            popular=self._popular,
            setting=setting,
            locked={},
            stated=self.stated,
        )
        self._made = (edition, judge)
        return judge

    def _look(self) -> tuple[Mark, Mark]:
        return _mark(self._policy_file), _mark(self._feed_file)


def _read(path: Path) -> Policy:
    """Read the policy; without a file, or with an empty one, onward's own counts."""
    if not path.is_file():
        return read_policy()
    return _parse(read_content(path, _LARGEST), path)


def _parse(content: bytes, path: Path) -> Policy:
    return read_policy(None, Document(values=parse_toml(content, path.name), file=path.name))


def _mark(path: Path) -> Mark:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
