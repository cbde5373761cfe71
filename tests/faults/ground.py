"""A project at work, a fault in the middle, and what must hold afterwards."""

import datetime as dt
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import uv

from tests.faults.at_a_point import Drive, command
from tests.faults.seeded import Action, Fault, Kind
from tests.journeys.stage import Stage
from tests.registry import Registry

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "uv.lock")
KILLED = -9
# What an action may end with, besides 0, after each kind of fault.
CODES = {
    Kind.kill: {KILLED},
    Kind.kill_alone: {KILLED},
    Kind.kill_late: {KILLED},
    Kind.full_disk: {4},
    Kind.read_only: {4},
    Kind.cut_download: {4},
    Kind.wrong_hash: {4},
    Kind.status: {1, 4},  # a 404 is an unknown name: no solution
    Kind.hang: {4},
    Kind.garbage: {1, 4},  # garbage in place of a file's metadata makes a release unusable
    Kind.reset: {4},
    Kind.together: set(),
}
_FAULTY = {
    Kind.cut_download: "truncate",
    Kind.wrong_hash: "corrupt",
    Kind.status: "status",
    Kind.hang: "hang",
    Kind.garbage: "garbage",
    Kind.reset: "reset",
}

Contents = tuple[bytes | None, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What an action leads to when nothing happens: the files, and how many points there were."""

    files: Contents
    points: int


def fill(registry: Registry) -> None:
    """Offer what the actions need."""
    registry.add("lanternfish", "1.0", requires=["fernbrake"])
    registry.add("fernbrake", "1.0", sdist=True)
    for version in ("1.0", "2.0"):
        registry.add("mossgrove", version)
    registry.add("hollyhock", "1.0", wheel=False, sdist=True)
    registry.add("tidewater", "1.0")


class Ground:
    """Templates of projects below ``base``, and one copy for each fault."""

    def __init__(self, base: Path, registry: Registry, env: dict[str, str]) -> None:
        self.base = base
        self.registry = registry
        self.env = env
        self.now = dt.datetime.now(dt.UTC)
        self.outcomes: dict[Action, Outcome] = {}
        self.settled = base / "settled"
        self.settled.mkdir(parents=True)
        (self.settled / "pyproject.toml").write_text(
            '[project]\nname = "demo"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
            'dependencies = ["mossgrove<2", "hollyhock"]\n'
            f'[[tool.uv.index]]\nurl = "{registry.url}"\ndefault = true\n',
            encoding="utf-8",
        )
        shutil.copytree(self.settled, base / "new")
        stage = self.stage(self.settled)
        stage.advise(
            {
                "id": "TEST-0",
                "modified": self.now.isoformat(),
                "affected": [
                    {"package": {"ecosystem": "PyPI", "name": "nobody"}, "versions": ["0"]}
                ],
            }
        )
        stage.fine("sync")

    def stage(self, root: Path, **env: str) -> Stage:
        """Onward in this process, at ``root``."""
        return Stage(root, {**self.env, **env}, lambda: self.now)

    def prepared(self, action: Action, root: Path) -> list[str]:
        """Make the project in which ``action`` is about to happen; gives its words."""
        shutil.copytree(
            self.base / "new" if action is Action.first_add else self.settled, root, symlinks=True
        )
        if action in (Action.lock, Action.sync):
            path = root / "pyproject.toml"
            text = path.read_text(encoding="utf-8").replace('"hollyhock"', '"tidewater"')
            path.write_text(text.replace("mossgrove<2", "mossgrove"), encoding="utf-8")
        if action is Action.undo:
            self.stage(root).fine("add", "lanternfish")
        return {
            Action.add: ["add", "lanternfish"],
            Action.first_add: ["add", "lanternfish"],
            Action.remove: ["remove", "hollyhock"],
            Action.lock: ["lock"],
            Action.sync: ["sync"],
            Action.undo: ["undo"],
        }[action]

    def outcome(self, action: Action) -> Outcome:
        """Give what the action leads to when nothing happens; found out once."""
        if action not in self.outcomes:
            root = self.base / f"outcome-{action}"
            words = self.prepared(action, root)
            count = self.base / "count"
            child = self.start(words, root, self.env, count=str(count))
            said = child.communicate()
            assert child.returncode == 0, said
            points = int(count.read_text(encoding="utf-8"))
            self.outcomes[action] = Outcome(contents(root), points)
        return self.outcomes[action]

    def start(
        self, words: list[str], root: Path, env: dict[str, str], **orders: object
    ) -> "subprocess.Popen[str]":
        """Start onward in a process of its own."""
        drive = Drive(
            argv=words,
            folders=[str(root), env["ONWARD_CACHE_DIR"]],
            now=self.now.isoformat(),
            **orders,  # type: ignore[arg-type]
        )
        # Python itself writes half of a .pyc when it may not write more
        argv, given = command(drive, {**env, "PYTHONDONTWRITEBYTECODE": "1"})
        return subprocess.Popen(
            argv, cwd=root, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def try_out(self, fault: Fault) -> None:
        """Let the fault happen, and insist on everything that must hold then and after the next command."""
        expected = self.outcome(fault.action)
        root = self.base / f"fault-{fault.number}"
        words = self.prepared(fault.action, root)
        before, installed = contents(root), self.stage(root).installed
        env = self.own_caches(fault)
        code, said = self.happen(fault, words, root, env, expected)

        assert code == 0 or code in CODES[fault.kind], said
        for name, now, *known in zip(FILES, contents(root), before, expected.files, strict=True):
            assert now in known or fault.kind is Kind.together, (
                f"{name} is neither old nor new: {now!r}"
            )
        if code == 0 and fault.kind is not Kind.together:
            assert contents(root) == expected.files, said
        elif code != KILLED and fault.kind is not Kind.together:
            # an undo gives the files back, also when the lock that is back is blocked by then
            blocked = code == 1 and fault.action is Action.undo
            assert contents(root) == (expected.files if blocked else before), said
            assert self.stage(root).installed == installed, said
        self.goes_on(fault, root, env)
        shutil.rmtree(root)

    def own_caches(self, fault: Fault) -> dict[str, str]:
        """Give the environment: whoever is to miss something must not find it in a cache."""
        if fault.kind in _FAULTY or fault.kind is Kind.full_disk:
            own = self.base / f"cache-{fault.number}"
            shutil.copytree(
                Path(self.env["ONWARD_CACHE_DIR"]),
                own / "onward",
                ignore=shutil.ignore_patterns("pages", "views", "confirmed"),
            )
            env = {**self.env, "ONWARD_CACHE_DIR": str(own / "onward")}
            if fault.kind is not Kind.full_disk:
                env["UV_CACHE_DIR"] = str(own / "uv")
            return env
        return self.env

    def happen(
        self, fault: Fault, words: list[str], root: Path, env: dict[str, str], expected: Outcome
    ) -> tuple[int, str]:
        """Do the action with the fault in it; gives the exit code and what was said."""
        point = 1 + int(fault.where * expected.points)
        orders: dict[str, object] = {}
        match fault.kind:
            case Kind.kill:
                orders = {"kill_at": point}
            case Kind.kill_alone:
                orders = {"kill_at": point, "alone": True}
            case Kind.kill_late:
                orders = {"kill_at": point, "late": fault.size / 40_000}
            case Kind.full_disk:
                orders = {"disk": fault.size}
            case Kind.read_only if (root / fault.path).exists():
                (root / fault.path).chmod(0o444)
            case Kind.together:
                return self.together(words, root, env)
            case _:
                pass
        if fault.kind in _FAULTY:
            pattern = (
                "/files/*.[wt]*[lz]"
                if fault.kind in (Kind.cut_download, Kind.wrong_hash)
                else fault.path
            )
            self.registry.fail(_FAULTY[fault.kind], pattern, code=fault.size, seconds=0.05)
        try:
            child = self.start(words, root, env, **orders)
            out, err = child.communicate(timeout=110)
        finally:
            self.registry.faults.clear()
            for name in FILES:
                if (root / name).exists():
                    (root / name).chmod(0o644)
        return child.returncode, out + err

    def together(self, words: list[str], root: Path, env: dict[str, str]) -> tuple[int, str]:
        """Two onwards at once: the second waits, and both do what they were told or say why not."""
        one = self.start(words, root, env)
        two = self.start(["add", "tidewater"], root, env)
        said = [child.communicate(timeout=110) for child in (one, two)]
        codes = {one.returncode, two.returncode}
        # undo refuses when the other came first; nothing else may refuse
        assert codes <= ({0, 1} if words == ["undo"] else {0}), said
        text = (root / "pyproject.toml").read_text(encoding="utf-8")
        assert "tidewater" in text or words == ["undo"], said
        return 0, str(said)

    def goes_on(self, fault: Fault, root: Path, env: dict[str, str]) -> None:
        """Insist that the next plain command leaves a project that uv finds in order, and no trace."""
        again = subprocess.run(
            [sys.executable, "-m", "onward", "sync"],
            cwd=root,
            env={**env, "PYTHONPATH": str(REPOSITORY / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 0, again
        for name in FILES:
            tomllib.loads((root / name).read_text(encoding="utf-8"))
        for words in (("lock", "--check"), ("sync", "--locked", "--check")):
            ran = subprocess.run(
                [uv.find_uv_bin(), *words],
                cwd=root,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, (words, ran, again)
        kept = {".onward", ".venv", *FILES}
        assert {entry.name for entry in root.iterdir()} <= kept
        ours = {entry.name for entry in (root / ".onward").iterdir()}
        if "Nothing to do" in again.stdout:  # it only looked, so it did not tidy up either
            ours = {name for name in ours if not name.endswith(".tmp")}
        assert ours <= {".gitignore", "stamp", "undo"}


def contents(root: Path) -> Contents:
    """Give the project's own files, None for one that is not there."""
    return tuple((root / name).read_bytes() if (root / name).exists() else None for name in FILES)
