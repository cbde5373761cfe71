"""A lock whose files the index has confirmed is not looked up again."""

import datetime as dt
import shutil
from pathlib import Path

from tests.journeys.conftest import MakeStage
from tests.registry import Registry


def test_upload_times_that_uv_has_cut_to_milliseconds_are_remembered(
    registry: Registry, make_stage: MakeStage
) -> None:
    precise = dt.datetime(2024, 5, 10, 11, 23, 10, 216775, tzinfo=dt.UTC)
    registry.add("mossgrove", "1.0", uploaded=precise)
    stage = make_stage(dependencies=["mossgrove"])
    assert stage.uv("lock").code == 0
    stage.fine("sync", "--dry-run")
    shutil.rmtree(Path(stage.env["ONWARD_CACHE_DIR"]) / "pages")
    registry.forget()
    stage.fine("sync", "--dry-run")
    assert registry.paths("/simple") == []
