"""Which stated licences a policy's list lets in: SPDX expressions, and the words that people wrote before there were any.

Sources: the SPDX specification 2.3, annex D (expressions), and PEP 639; the words are those of
the trove classifiers and of the free-text field of older metadata.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache, partial

import msgspec

from onward.core.finding import Certainty, Finding, Release
from onward.core.names import Name
from onward.domain.guard.setting import Setting, claimed

LICENCE = "guard/licence"
LICENCE_UNKNOWN = "guard/licence-unknown"
LICENCE_RULES = (LICENCE, LICENCE_UNKNOWN)

_LONGEST = 500  # letters of an expression; real ones have some thirty
_TOKEN = re.compile(r"[()]|[^\s()]+")

_WORDS: dict[str, tuple[str, ...]] = {
    "mit license": ("MIT",),
    "the mit license": ("MIT",),
    "expat": ("MIT",),
    "apache software": ("Apache-2.0",),
    "apache software license": ("Apache-2.0",),
    "apache 2": ("Apache-2.0",),
    "apache 2.0": ("Apache-2.0",),
    "apache-2": ("Apache-2.0",),
    "apache license 2.0": ("Apache-2.0",),
    "apache license, version 2.0": ("Apache-2.0",),
    "apache license version 2.0": ("Apache-2.0",),
    "bsd": ("BSD-2-Clause", "BSD-3-Clause"),
    "bsd license": ("BSD-2-Clause", "BSD-3-Clause"),
    "new bsd": ("BSD-3-Clause",),
    "bsd 3-clause": ("BSD-3-Clause",),
    "3-clause bsd": ("BSD-3-Clause",),
    "bsd 2-clause": ("BSD-2-Clause",),
    "isc license (iscl)": ("ISC",),
    "mozilla public license 2.0 (mpl 2.0)": ("MPL-2.0",),
    "mpl 2.0": ("MPL-2.0",),
    "python software foundation": ("PSF-2.0",),
    "psf": ("PSF-2.0",),
    "the unlicense (unlicense)": ("Unlicense",),
    "zlib/libpng": ("Zlib",),
    "gpl": ("GPL-2.0-only", "GPL-3.0-only"),
    "gplv2": ("GPL-2.0-only",),
    "gplv3": ("GPL-3.0-only",),
    "gplv3+": ("GPL-3.0-or-later",),
    "lgplv3": ("LGPL-3.0-only",),
    "lgplv3+": ("LGPL-3.0-or-later",),
    "agplv3": ("AGPL-3.0-only",),
    "gnu general public license (gpl)": ("GPL-2.0-only", "GPL-3.0-only"),
    "gnu general public license v2 (gplv2)": ("GPL-2.0-only",),
    "gnu general public license v2 or later (gplv2+)": ("GPL-2.0-or-later",),
    "gnu general public license v3 (gplv3)": ("GPL-3.0-only",),
    "gnu general public license v3 or later (gplv3+)": ("GPL-3.0-or-later",),
    "gnu lesser general public license v2 (lgplv2)": ("LGPL-2.0-only",),
    "gnu lesser general public license v2 or later (lgplv2+)": ("LGPL-2.0-or-later",),
    "gnu lesser general public license v3 (lgplv3)": ("LGPL-3.0-only",),
    "gnu lesser general public license v3 or later (lgplv3+)": ("LGPL-3.0-or-later",),
    "gnu library or lesser general public license (lgpl)": ("LGPL-2.0-only", "LGPL-3.0-only"),
    "gnu affero general public license v3": ("AGPL-3.0-only",),
    "gnu affero general public license v3 or later (agplv3+)": ("AGPL-3.0-or-later",),
}
"""What is written beside expressions, and the licences it may mean: a list must let in all of them."""


Lists = tuple[tuple[str, ...], ...]
"""What ``guard.licences`` of organisation and project say, each of which must let a licence in."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an expression: one licence (``word``), or several of which all (``every``) or any must do."""

    word: str = ""
    parts: tuple["Term", ...] = ()
    every: bool = True


def lists_for(name: Name, setting: Setting) -> Lists:
    """Give the lists that judge ``name``; none when there are none, or when the name is one's own."""
    own = not setting.licences or claimed(name, setting.private)
    return () if own else setting.licences


def judge_licence(
    subject: Release, stated: str | None, lists: Sequence[Sequence[str]]
) -> Finding | None:
    """Judge the licence that a release states by ``lists``, each of which must let it in; None when they do.

    ``stated`` is what ``domain.licence.stated_licence`` gives: empty for none, None when its
    metadata could not be read. Rules ``guard/licence`` and ``guard/licence-unknown``. In a list stand
    SPDX ids or patterns on them; one with ``!`` before it keeps out. Without any other, a list
    lets in all that it does not keep out.
    """
    if lets_in(stated, lists):
        return None
    if not stated or read_licence(stated) is None:
        words = {None: "cannot be read", "": "is not stated"}.get(
            stated, f"is no known one: `{stated}`"
        )
        return Finding(
            rule=LICENCE_UNKNOWN,
            subject=subject,
            message=f"the licence of {subject} {words}, so `guard.licences` could not be looked at",
            facts={"stated": stated} if stated else {},
            hint=f"Look it up; then `onward allow {subject} --rule {LICENCE_UNKNOWN} --why ...`.",
            certainty=Certainty.unknown,
        )
    return Finding(
        rule=LICENCE,
        subject=subject,
        message=f"the licence of {subject} is {stated}, which `guard.licences` does not let in",
        facts={"licence": stated, "allowed": sorted({glob for one in lists for glob in one})},
        hint=f"Choose another library, or `onward allow {subject} --rule {LICENCE} --why ...`.",
    )


def judge_stated(
    subject: Release, stated: Iterable[str | None], lists: Sequence[Sequence[str]]
) -> tuple[Finding, ...]:
    """Judge all that is known of what the files of a release state: at most one finding for each rule."""
    found = [f for one in sorted(stated, key=str) if (f := judge_licence(subject, one, lists))]
    first = {finding.rule: finding for finding in reversed(found)}
    return tuple(first[rule] for rule in LICENCE_RULES if rule in first)


def lets_in(stated: str | None, lists: Sequence[Sequence[str]]) -> bool:
    """Say whether ``lists`` let in what a release states (see ``judge_licence``), so that nothing is found on it."""
    if not any(lists):
        return True
    term = read_licence(stated) if stated else None
    return term is not None and all(_holds(term, partial(_lets_in, globs=one)) for one in lists)


@lru_cache(maxsize=1024)  # a page has thousands of files, and they state much the same
def read_licence(text: str) -> Term | None:
    """Read an SPDX expression, or words that are known to mean one; None for anything else."""
    if len(text) > _LONGEST:
        return None
    written = _canonical(text)
    return _in_words(text) if written is None else _read(_TOKEN.findall(written))


def _in_words(text: str) -> Term | None:
    """Read classifiers and free text, of which ``stated_licence`` puts several together with ``and``."""
    parts = []
    for word in text.split(" and "):
        meant = _WORDS.get(word.strip().lower())
        if meant is None:
            written = _canonical(word)
            if written is None:
                return None
            parts.append(_read(_TOKEN.findall(written)))
        else:
            parts += [Term(word=one) for one in meant]
    return Term(parts=tuple(parts))


def _canonical(text: str) -> str | None:
    """Give an expression in the spelling of the SPDX list; None for what is none."""
    # its table of licences is read only where a policy has a list
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def _read(tokens: list[str]) -> Term:
    """Read a valid expression: ``OR`` binds weaker than ``AND``, ``WITH`` belongs to its licence."""
    any_of: list[Term] = []
    all_of: list[Term] = []
    at = 0
    while at < len(tokens):
        here = tokens[at]
        if here == "(":
            end = _closing(tokens, at)
            all_of.append(_read(tokens[at + 1 : end]))
            at = end
        elif here == "OR":
            any_of.append(Term(parts=tuple(all_of)))
            all_of = []
        elif here == "WITH":
            at += 1
            all_of[-1] = Term(word=f"{all_of[-1].word} WITH {tokens[at]}")
        elif here != "AND":
            all_of.append(Term(word=here))
        at += 1
    return Term(parts=(*any_of, Term(parts=tuple(all_of))), every=False)


def _closing(tokens: list[str], at: int) -> int:
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[end], 0)
        if depth == 0:
            return end
    raise AssertionError("the expression was valid")


def _holds(term: Term, test: Callable[[str], bool]) -> bool:
    if term.word:
        return test(term.word)
    each = (_holds(part, test) for part in term.parts)
    return all(each) if term.every else any(each)


def _lets_in(word: str, globs: Sequence[str]) -> bool:
    """Say whether one list lets in one licence, by itself or as what it is without its exception."""
    spellings = {word.lower(), word.partition(" WITH ")[0].lower()}
    kept_out = [glob[1:].lower() for glob in globs if glob.startswith("!")]
    let_in = [glob.lower() for glob in globs if not glob.startswith("!")]
    if any(fnmatchcase(one, glob) for one in spellings for glob in kept_out):
        return False
    return not let_in or any(fnmatchcase(one, glob) for one in spellings for glob in let_in)
