"""Which real source releases the baseline is measured on, by file and sha256; fetched from the registry, never committed."""

import os
from pathlib import Path

from bench.harness import CACHE
from scripts.fetch_sdist import fetch

_KEPT = CACHE / "bench" / "sdists"
_SHA256 = {
    "poetry-2.0.0.tar.gz": "9416b1e3657ed02cda9599ae73b604bd68f187adaa2d8d1bcc804dacfa9bcd1f",
    "poetry-2.3.0.tar.gz": "56ef2a8188bb5157ef9df7e3d968cd27bacad34710818f1cd0306a46ac0b4d41",
    "poetry-2.5.0.tar.gz": "e73b873890526c03e4d8e20d934292175f55a5823b3bdee2f154f63dae81336f",
    "Django-5.0.tar.gz": "7d29e14dfbc19cb6a95a4bd669edbde11f5d4c6a71fdaa42c2d40b6846e807f7",
    "Django-5.1.tar.gz": "848a5980e8efb76eea70872fb0e4bc5e371619c70fffbe48e3e1b50b2c09455d",
    "Django-5.2.tar.gz": "1a47f7a7a3d43ce64570d350e008d2949abe8c7e21737b351b6a1611277c6d89",
    "Django-4.2.tar.gz": "c36e2ab12824e2ac36afa8b2515a70c53c7742f0d6eaefa7311ec379558db997",
    "Flask-2.3.0.tar.gz": "4088b4986f13cae23e02081e67df7e4e434ec6f85a5238bce5e6db6d1de61e06",
    "flask-3.1.0.tar.gz": "5f873c5184c897c8d9d1b05df1e3d01b14910ce69607a117bd3277098a5836ac",
    "SQLAlchemy-2.0.20.tar.gz": "ca8a5ff2aa7f3ade6c498aaafce25b1eaeabe4e42b73e25519183e4566a16fc6",
    "sqlalchemy-2.0.40.tar.gz": "d827099289c64589418ebbcaead0145cd19f4e3e8a93919a0100247af245fa00",
    "httpx-0.24.0.tar.gz": "507d676fc3e26110d41df7d35ebd8b3b8585052450f4097401c9be59d928c63e",
    "httpx-0.28.0.tar.gz": "0858d3bab51ba7e386637f22a61d8ccddaeec5f3fe4209da3a6168dbb91573e0",
    "Sphinx-7.0.0.tar.gz": "283c44aa28922bb4223777b44ac0d59af50a279ac7690dfe945bb2b9575dc41b",
    "sphinx-8.0.0.tar.gz": "22551dc8fda6038a422bf1de59d91b31837b66afe45a3f30b2d8cc5aa9337343",
    "pip-23.0.tar.gz": "aee438284e82c8def684b0bcc50b1f6ed5e941af97fa940e83e2e8ef1a59da9b",
    "pip-24.0.tar.gz": "ea9bd1a847e8c5774a5777bb398c19e80bcd4e2aa16a4b301b718fe6f593aba2",
    "Scrapy-2.8.0.tar.gz": "8071ac6c65f185ec2c76fe8509f94d99fea080519fdc206f908a920d5e05fe43",
    "scrapy-2.12.0.tar.gz": "d66d6e76009b12447604196875a463b61d10721140032a8084a0a52df7f4788f",
    "mypy-1.5.0.tar.gz": "f3460f34b3839b9bc84ee3ed65076eb827cd99ed13ed08d723f9083cada4a212",
    "mypy-1.11.0.tar.gz": "93743608c7348772fdc717af4aeee1997293a1ad04bc0ea6efa15bf65385c538",
    "pytest-7.4.0.tar.gz": "b4bf8c45bd59934ed84001ad51e11b4ee40d40a1229d2c79f9c592b0a3f6bd8a",
    "pytest-8.3.0.tar.gz": "0fe75465746a643f2485f642edf5eb7af7918135177230471150409343f84a6b",
    "celery-5.3.0.tar.gz": "1eaba5ee14d8c8c0bed8f6063e5e10dabdbcf23503a861cf0e10b7221d99cb0d",
    "celery-5.5.0.tar.gz": "10d49f9926d16237310109b0e6e1e2f7a2133b84e684bb36534d7663e66919bb",
    "aiohttp-3.9.0.tar.gz": "09f23292d29135025e19e8ff4f0a68df078fe4ee013bca0105b2e803989de92d",
    "aiohttp-3.11.0.tar.gz": "f57a0de48dda792629e7952d34a0c7b81ea336bb9b721391c7c58145b237fe55",
}

MEASURED = (
    ("poetry-2.0.0", "poetry-2.3.0"),
    ("poetry-2.3.0", "poetry-2.5.0"),
    ("Django-5.0", "Django-5.1"),
    ("Django-5.1", "Django-5.2"),
    ("Django-4.2", "Django-5.2"),
)
"""The pairs that the goals are about; nothing was tuned on them."""

HELD_OUT = (
    ("pytest-7.4.0", "pytest-8.3.0"),
    ("celery-5.3.0", "celery-5.5.0"),
    ("aiohttp-3.9.0", "aiohttp-3.11.0"),
)
"""Pairs that nothing was tuned on either, of other hands."""

TUNED_ON = (
    ("Flask-2.3.0", "flask-3.1.0"),
    ("SQLAlchemy-2.0.20", "sqlalchemy-2.0.40"),
    ("Sphinx-7.0.0", "sphinx-8.0.0"),
    ("Scrapy-2.8.0", "scrapy-2.12.0"),
    ("pip-23.0", "pip-24.0"),
    ("mypy-1.5.0", "mypy-1.11.0"),
    ("httpx-0.24.0", "httpx-0.28.0"),
)
"""Pairs that the order of steps and its limits were chosen by."""


def source(release: str) -> Path:
    """Give the folder of an unpacked release such as ``poetry-2.0.0``."""
    name = f"{release}.tar.gz"
    folder = _KEPT / "unpacked" / release
    if not folder.exists():
        project = release.rpartition("-")[0].lower()
        fetch(project, name, _SHA256[name], _KEPT / "unpacked", _KEPT, os.environ)
    return folder
