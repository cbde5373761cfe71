"""Project pages of the simple repository API: read in either form, written again as JSON."""

from onward.adapters.simple_api.page import (
    JSON,
    PAGE_LIMIT,
    File,
    Meta,
    Page,
    ProjectStatus,
    artifacts_of,
    ask,
    decode_page,
    named_in,
    read_page,
    read_time,
    version_of,
    versions_of,
    write_page,
)

__all__ = [
    "JSON",
    "PAGE_LIMIT",
    "File",
    "Meta",
    "Page",
    "ProjectStatus",
    "artifacts_of",
    "ask",
    "decode_page",
    "named_in",
    "read_page",
    "read_time",
    "version_of",
    "versions_of",
    "write_page",
]
