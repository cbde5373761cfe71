"""The licence a distribution states about itself, in a few words (PEP 639, core metadata)."""

_MAX = 40


def stated_licence(metadata: str) -> str:
    """Give the licence of a METADATA text: expression, else classifier, else a short License field, else empty."""
    fields: dict[str, list[str]] = {}
    for line in metadata.split("\n\n", 1)[0].splitlines():
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
