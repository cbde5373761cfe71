"""Names of images: what Docker and the distribution specification take, and nothing else."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.images.reference import parse_reference

_WORD = st.from_regex(r"\A[a-z0-9]+((\.|_|__|-{1,3})[a-z0-9]+)*\Z").filter(lambda w: len(w) < 40)
_HOSTS = st.sampled_from(["localhost", "localhost:5000", "127.0.0.1:1", "r.example.com", "R.io:443", "[::1]:5000"])  # fmt: skip
_TAG = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_DIGEST = st.from_regex(r"\Asha256:[0-9a-f]{64}\Z")


@given(
    host=_HOSTS,
    words=st.lists(_WORD, min_size=1, max_size=3),
    tag=st.one_of(st.just(""), _TAG),
    digest=st.one_of(st.just(""), _DIGEST),
)
def test_what_is_read_is_written_the_same_way_again(
    host: str, words: list[str], tag: str, digest: str
) -> None:
    text = (
        f"{host}/{'/'.join(words)}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    )
    read = parse_reference(text)
    assert (read.registry, read.repository) == (host, "/".join(words))
    assert (read.tag, read.digest) == (tag or ("" if digest else "latest"), digest)
    assert parse_reference(str(read)) == read


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        read = parse_reference(text)
        assert parse_reference(str(read)) == read


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("python:3.12-slim", "docker.io/library/python:3.12-slim"),
        ("team/app", "docker.io/team/app:latest"),
        ("index.docker.io/team/app", "docker.io/team/app:latest"),
        ("ghcr.io/team/app:1", "ghcr.io/team/app:1"),
    ],
)
def test_defaults_are_dockers(text: str, full: str) -> None:
    assert str(parse_reference(text)) == full


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("localhost/a", "http"),
        ("localhost:5000/a", "http"),
        ("127.0.0.1:5000/a", "http"),
        ("[::1]:5000/a", "http"),
        ("[::2]:5000/a", "https"),
        ("localhost.example.com/a", "https"),
        ("127.0.0.1.example.com/a", "https"),
        ("10.0.0.1:5000/a", "https"),
    ],
)
def test_only_this_machine_is_asked_without_encryption(text: str, scheme: str) -> None:
    assert parse_reference(text).scheme == scheme


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        parse_reference("-bad.example/UPPER:@sha256:12")
    assert len(caught.value.context) == 4
