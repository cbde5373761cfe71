"""What differs between two builds is named."""

from onward.domain.shipping.built import Built, read_built
from onward.domain.shipping.twice import differences, twice_findings
from tests.domain.shipping.archives import CODE, wheel

NAME = "demo-1.0-py3-none-any.whl"


def built(content: bytes, name: str = NAME) -> Built:
    return read_built(name, content)


def said(one: Built, two: Built) -> str:
    (found,) = twice_findings(one, two)
    assert found.rule == "ship/not-reproducible"
    return found.message


def test_the_same_bytes_are_fine() -> None:
    assert list(twice_findings(built(wheel()), built(wheel()))) == []


def test_a_member_that_differs_or_is_gone_is_named() -> None:
    one = built(wheel())
    assert "demo/inner.py" in said(one, built(wheel({**CODE, "demo/inner.py": b"x = 2\n"})))
    assert "demo/extra.py" in said(one, built(wheel({**CODE, "demo/extra.py": b""})))


def test_times_alone_are_told_apart_from_contents() -> None:
    one, two = built(wheel()), built(wheel(when=(2021, 1, 1, 0, 0, 0)))
    assert differences(one, two)[0] == []
    assert "times, modes or owners differ" in said(one, two)


def test_an_order_alone_is_said_too() -> None:
    backwards = dict(reversed(list(CODE.items())))
    one, two = built(wheel()), built(wheel(backwards))
    assert "demo/inner.py" not in str(differences(one, two)[1])
    assert said(one, two)


def test_another_name_is_said() -> None:
    assert "demo-1.1" in said(built(wheel()), built(wheel(), "demo-1.1-py3-none-any.whl"))
