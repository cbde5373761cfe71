"""Load the tasks of a project from the files at its root."""

import contextlib
from pathlib import Path

from onward.core.disk import read_limited
from onward.core.project import Project
from onward.domain.layouts.task import Task
from onward.domain.layouts.tasks import READ_FILES, Tasks, find_tasks

_LIMIT = 5_000_000


def load_tasks(project: Project) -> Tasks:
    """Give all tasks of the project, by name and in the order in which they win.

    Raises BadInput with line for a file that cannot be read.
    """
    files: dict[str, str] = {}
    for path in task_files(project):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            files[path.name] = read_limited(path, _LIMIT).decode("utf-8-sig", "replace")
    return find_tasks(files)


def tasks_of(project: Project) -> tuple[tuple[Task, ...], list[Path]]:
    """Give the tasks that may be asked for by name, and every file that decides about them (there or not)."""
    return load_tasks(project).public, task_files(project)


def task_files(project: Project) -> list[Path]:
    """Give the files that tasks are read from; a file system without case names one Makefile twice."""
    return [project.root / name for name in READ_FILES]
