"""What uv says of an upload that an index refused, in the words of uv 0.13.9."""

import pytest

from onward.adapters.uv.publish import read_failure
from onward.core.proc.call import Call, Ran

CALL = Call(argv=("uv", "publish"), cwd="", env={}, timeout=1.0)
FAILED = (
    "Publishing 1 file to http://127.0.0.1:3141/legacy/\n"
    "Uploading demo-0.1.0-py3-none-any.whl (3.4KiB)\n"
    "error: Failed to publish `demo-0.1.0-py3-none-any.whl` to `http://127.0.0.1:3141/legacy/`\n"
    "  cause: Server returned status code 401 Unauthorized."
)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (" Server message: a token is needed to upload here\n", "a token is needed to upload here"),
        (" Server says: <html><title>No token</title></html>\n", "No token"),
        ("\n", ""),
    ],
)
def test_the_words_of_an_index_are_read(told: str, answer: str) -> None:
    err = (FAILED + told).encode()
    said = read_failure(Ran(call=CALL, code=2, out=b"", err=err, seconds=0.1))
    assert (said.status, said.answer) == (401, answer)
