"""The licence a METADATA text states: the newest field wins, long texts are no answer."""

import pytest

from onward.domain.licence import stated_licence


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: old words", "MIT OR Apache-2.0"),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("Classifier: License :: OSI Approved", ""),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        ("License: UNKNOWN", ""),
        ("License: Permission is hereby granted to everyone who reads on", ""),
        ("Summary: no licence here", ""),
        ("Summary: a text\n\nLicense: of the description", ""),
    ],
)
def test_what_is_stated(fields: str, expected: str) -> None:
    assert stated_licence(f"Metadata-Version: 2.4\nName: demo\n{fields}\n") == expected


def test_what_a_stranger_wrote_is_cut_and_can_be_printed() -> None:
    long = stated_licence("License-Expression: " + "MIT OR \x1b[2J" * 10_000)
    assert len(long) == 600
    assert long.isprintable()


def test_lines_of_windows_end_the_header_too() -> None:
    assert stated_licence("Name: demo\r\n\r\nLicense-Expression: MIT\r\n") == ""
