"""What a server knows of one project, for the page that a refusal leads to."""

import msgspec

from onward.adapters import simple_api
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.version_order import newest_first
from onward.shelves.pages import Pages, Ready
from onward.workflows.serving.rulebook import LiveJudge


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One release: its files by name, the day it came (ISO, empty: not told), what holds it back.

    ``would_block`` is what would hold it back, were this no dry run.
    """

    version: str
    files: tuple[str, ...]
    uploaded: str
    blocking: tuple[Finding, ...]
    would_block: tuple[Finding, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A project: which index it comes from, what is found on it whole, its releases (newest first), the data behind it.

    ``dry_run`` says that little is blocked now; ``age`` is how many seconds old the page is,
    when its index cannot be asked.
    """

    name: Name
    source: str
    findings: tuple[Finding, ...]
    releases: tuple[ReleaseRow, ...]
    advice: str
    dry_run: bool = False
    age: int | None = None


def about(pages: Pages, judge: LiveJudge, name: Name) -> About | None:
    """Give what is known of ``name``; None when no index has it. Raises OutsideFailed when none could be asked."""
    ready = pages.page(name)
    if ready is None:
        return None
    rows = _rows(ready, judge)
    order = {version: place for place, version in enumerate(newest_first(rows))}
    listed = sorted(
        rows.values(), key=lambda row: (order.get(row.version, len(order)), row.version)
    )
    return About(
        name=name,
        source=ready.owner.index.address,
        findings=ready.view.judged.project,
        releases=tuple(listed),
        advice=judge.advice.source,
        dry_run=judge.dry_run,
        age=pages.age(ready),
    )


def _rows(ready: Ready, judge: LiveJudge) -> dict[str, ReleaseRow]:
    page = ready.page()
    versions = simple_api.versions_of(page, ready.name)
    rows: dict[str, ReleaseRow] = {}
    for file in page.files:
        version = versions.get(file.filename, "")
        old = rows.get(version)
        day = (file.upload_time or "")[:10]
        rows[version] = ReleaseRow(
            version=version,
            files=(*(old.files if old else ()), file.filename),
            uploaded=min(filter(None, (old.uploaded if old else "", day)), default=""),
            blocking=(old.blocking if old else ()) or ready.blocking(file),
            would_block=(old.would_block if old else ())
            or (judge.would_block(ready.findings(file)) if judge.dry_run else ()),
        )
    return rows
