"""The licence a distribution states about itself, in a few words (PEP 639, core metadata)."""

from onward.core.lines import lines_of

_MAX = 40
_LONGEST = 600  # letters that are handed on: more than an expression can have that anyone reads


def stated_licence(metadata: str) -> str:
    """Give the licence of a METADATA text: expression, else classifier, else a short License field, else empty.

    What a stranger wrote there is cut to 600 letters, all of which can be printed.
    """
    said = _said(metadata.replace("\r\n", "\n"))
    return "".join(letter if letter.isprintable() else "?" for letter in said[:_LONGEST])


def _said(metadata: str) -> str:
    fields: dict[str, list[str]] = {}
    for line in lines_of(metadata.split("\n\n", 1)[0]):
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            fields.setdefault(key.strip().lower(), []).append(value.strip())
    if expression := next(iter(fields.get("license-expression", [])), ""):
        return expression
    classified = [
        value.rpartition("::")[2].strip().removesuffix(" License")
        for value in fields.get("classifier", [])
        if value.startswith("License ::") and not value.endswith("OSI Approved")
    ]
    if classified:
        return " and ".join(classified)
    text = next(iter(fields.get("license", [])), "")
    return text if len(text) <= _MAX and text.upper() != "UNKNOWN" else ""
