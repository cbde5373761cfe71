"""Making onward's own refactorings in one file."""

import codecs

from onward.domain.policy.rules_refactor import text_of


class RefactorFixer:
    """Mends `refactor/NAME`."""

    def mends(self, rule: str) -> bool:
        """Say whether ``rule`` is one of onward's own refactorings."""
        return text_of(rule) is not None

    def mend(
        self, path: str, content: bytes, rules: tuple[str, ...], *, unsafe: bool = False
    ) -> bytes | None:
        """Give ``content`` refactored; None where it is no text."""
        del path
        # imported where it is wanted, since start-up counts; what found these rules has shown that it is there
        from onward.adapters.refactor.refactor import mend

        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        names = frozenset(rule.removeprefix("refactor/") for rule in rules)
        return mark + mend(text, names, unsafe=unsafe).encode()
