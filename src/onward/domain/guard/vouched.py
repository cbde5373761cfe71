"""Honest names that look like a popular one: too young for the popular table, and known to be meant.

An entry needs a reason that anyone can check: a project in the table that asks for the name
in its own metadata or documentation. It goes when the refreshed table holds the name.
"""

from onward.core.names import Name

REASONS: dict[Name, str] = {
    Name("httpx2"): "starlette's metadata asks for it in its extra `full` (for the test client)",
    Name("httpcore2"): "httpx2 requires it; both come from the same repository",
}

VOUCHED = frozenset(REASONS)
