"""What is looked at before an unsafe fix is tried."""

from onward.workflows.mending.proof import fault


def test_code_that_is_chained_a_thousand_times_is_never_proven() -> None:
    before = f"if {' + '.join(['a'] * 2000)}:\n    x = 1\n".encode()
    assert fault("a.py", before, before + b"y = 2\n") == (
        "what the module offers to others cannot be told"
    )
