"""Pages of projects that do not exist, as many as wished, with sizes spread as those of real ones are.

The number of files is log-normal with a median of 20 and a mean of about 45: most projects
have a few releases, some have thousands of files. The same name always gives the same page.
"""

import json
import math
import random

_MEDIAN, _SPREAD, _MOST = 20, 1.27, 4_000  # files; standard deviation of the logarithm


def name_of(number: int) -> str:
    """Give the name of a project; none looks like a real one."""
    return f"made-up-project-{number:05d}"


def page_of(name: str, base: str) -> bytes:
    """Give its page as PEP 691 JSON, a wheel and an sdist for each release."""
    draw = random.Random(name)
    files = []
    count = min(_MOST, max(1, round(math.exp(draw.gauss(math.log(_MEDIAN), _SPREAD)))))
    stem = name.replace("-", "_")
    for number in range(count):
        release = number // 2
        version = f"{1 + release // 100}.{release // 10 % 10}.{release % 10}"
        wheel = number % 2 == 0
        filename = f"{stem}-{version}" + ("-py3-none-any.whl" if wheel else ".tar.gz")
        day = f"{2015 + release * 10 // (count + 1):04d}-{1 + release % 12:02d}-{1 + release % 28:02d}"
        file = {
            "filename": filename,
            "hashes": {"sha256": f"{draw.getrandbits(256):064x}"},
            "requires-python": ">=3.8",
            "size": draw.randrange(2_000, 2_000_000),
            "upload-time": f"{day}T12:{release % 60:02d}:00.{draw.randrange(10**6):06d}Z",
            "url": f"{base}/files/{name}/{filename}",
            "yanked": False,
        }
        if wheel:
            file["core-metadata"] = {"sha256": f"{draw.getrandbits(256):064x}"}
        files.append(file)
    page = {"files": files, "meta": {"api-version": "1.1"}, "name": name}
    return json.dumps(page, separators=(",", ":")).encode()
