"""``onward ship app`` on a corpus of small programs: all must start without Python, about as fast as the script.

A Python with tkinter is needed for the one with Tk; ``UV_PYTHON`` chooses it. Names as arguments build only those.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import peers, workplace

MOST = 1.5  # times as long as the script, from start to end
_ROUNDS = 7
_HEAD = """[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11"
dependencies = {needs}
{entry}
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
[tool.onward.app]
{settings}
"""
_SCRIPT = '[project.scripts]\n{name} = "{name}:main"'
_GUI = '[project.gui-scripts]\n{name} = "{name}:main"'

# name: (what it needs, its entry, settings, code)
CORPUS: dict[str, tuple[list[str], str, str, str]] = {
    "plain": ([], _SCRIPT, "", "def main():\n    print('plain')\n"),
    "matrix": (
        ["numpy"], _SCRIPT, "", "import numpy\ndef main():\n    print(numpy.linalg.inv(numpy.eye(3)).sum())\n",
    ),
    "dynamic": (
        [], _SCRIPT, "", "import importlib\ndef main():\n    print(importlib.import_module('color' + 'sys').__name__)\n",
    ),
    "resources": (
        [], _SCRIPT, "",
        "from importlib.resources import files\ndef main():\n    print(files('resources').joinpath('words.txt').read_text())\n",
    ),
    "plugged": (
        [], _SCRIPT + '\n[project.entry-points."plugged.parts"]\none = "plugged_part:part"', "",
        ("from importlib.metadata import entry_points\ndef main():\n"
        "    (one,) = entry_points(group='plugged.parts')\n    print(one.load()())\n"),
    ),
    "several": (
        [], _SCRIPT, "",
        "import multiprocessing as m\ndef main():\n    with m.get_context('spawn').Pool(2) as p:\n        print(p.map(abs, [-1, 2]))\n",
    ),
    "served": (
        ["fastapi", "uvicorn"], "", "", "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef home():\n    return 'hello'\n",
    ),
    "flasked": (
        ["flask"], "", "", "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef home():\n    return 'hello'\n",
    ),
    "djangoed": (["django"], "", "", ""),
    "tables": (
        ["pandas", "matplotlib"], _SCRIPT, "",
        ("import matplotlib\nmatplotlib.use('Agg')\nimport pandas\ndef main():\n"
        "    pandas.DataFrame({'a': [1, 2]}).plot().figure.savefig('/tmp/a.png')\n    print('drawn')\n"),
    ),
    "tkwindow": (
        [], _GUI, "",
        ("import tkinter as tk\ndef main():\n    root = tk.Tk()\n"
        "    tk.Label(root, text='A line that people can read').pack(padx=40, pady=50)\n    root.mainloop()\n"),
    ),
    "qtwindow": (
        ["pyside6-essentials"], _GUI, "",
        ("from PySide6.QtWidgets import QApplication, QPushButton\ndef main():\n    app = QApplication([])\n"
        "    button = QPushButton('A line that people can read')\n    button.resize(300, 200)\n    button.show()\n    app.exec()\n"),
    ),
}  # fmt: skip
_MORE = {
    "djangoed": {
        "src/djangoed/settings.py": (
            "SECRET_KEY = 'of a bench'\nALLOWED_HOSTS = ['127.0.0.1']\nROOT_URLCONF = 'djangoed.urls'\n"
            "INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'djangoed']\n"
            "TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True}]\n"
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
        ),
        "src/djangoed/urls.py": (
            "from django.contrib.auth.models import User\nfrom django.core.management import call_command\n"
            "from django.shortcuts import render\nfrom django.urls import path\n"
            "def home(request):\n    call_command('migrate', verbosity=0)\n"
            "    return render(request, 'home.html', {'people': User.objects.count()})\n"
            "urlpatterns = [path('', home)]\n"
        ),
        "src/djangoed/templates/home.html": "{% load i18n %}<p>{% translate 'Home' %}: {{ people }} people</p>\n",
        "src/djangoed/wsgi.py": (
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'djangoed.settings')\n"
            "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
        ),
    },
    "resources": {"src/resources/words.txt": "good day"},
    "plugged": {"src/plugged_part/__init__.py": "def part():\n    return 'part'\n"},
}
_SETTINGS = {"plugged": '[tool.uv.build-backend]\nmodule-name = ["plugged", "plugged_part"]\n'}


def main() -> int:
    """Build, prove and time them; 0 when all are proven and none is slower than it may be."""
    wanted = sys.argv[1:] or list(CORPUS)
    missed = 0
    for name in wanted:
        missed += not _one(name)
    print(f"{len(wanted) - missed} of {len(wanted)} proven, and within {MOST} times the script")
    return 1 if missed else 0


def _one(name: str) -> bool:
    env = workplace.environment()
    folder = _write(name)
    onward = peers.own("onward")
    begun = time.monotonic()
    for words in (["lock"], ["ship", "app", "--format", "folder", "--json"]):
        ran = subprocess.run(
            [onward, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            print(f"{name:10} FAILED after {time.monotonic() - begun:.0f} s\n{ran.stderr}")
            return False
    told = json.loads(ran.stdout)
    print(
        f"{name:10} proven in {time.monotonic() - begun:.0f} s: {told['proven'][0].partition(': ')[2]}"
    )
    if told["kind"] != "terminal":
        return True
    subprocess.run([peers.own("uv"), "sync", "-q"], cwd=folder, env=env, check=True)
    built = next((folder / "dist").glob(f"{name}-*")) / name
    script, program = _both([str(folder / ".venv" / "bin" / name)], [str(built)], folder, env)
    print(f"{'':10} script {script:.3f} s, program {program:.3f} s: {program / script:.2f} times")
    return program <= MOST * script


def _both(
    script: list[str], program: list[str], folder: Path, env: dict[str, str]
) -> tuple[float, float]:
    """Give the medians of both, started in turns."""
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        for kept, argv in zip(times, (script, program), strict=True):
            begun = time.monotonic()
            subprocess.run(argv, cwd=folder, env=env, capture_output=True, check=True)
            kept.append(time.monotonic() - begun)
    first, second = map(statistics.median, times)
    return first, second


def _write(name: str) -> Path:
    needs, entry, settings, code = CORPUS[name]
    folder = workplace.fresh("empty", "ship-app", name)
    shutil.rmtree(folder)
    files = {f"src/{name}/__init__.py": code, **_MORE.get(name, {})}
    text = _HEAD.format(
        name=name, needs=json.dumps(needs), entry=entry.format(name=name), settings=settings
    )
    files["pyproject.toml"] = text + _SETTINGS.get(name, "")
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
