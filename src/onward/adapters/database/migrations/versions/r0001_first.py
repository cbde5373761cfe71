"""The first tables."""

import sqlalchemy as sa
from alembic import op

from onward.adapters.database.schema import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _downloads()
    _gaps()
    _kept_files()
    _own_files()
    _purges()
    _tokens()


def _downloads() -> None:
    op.create_table(
        "downloads",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False, comment="label of the token, or empty"),
        sa.Column("address", sa.Text(), nullable=False, comment="of the client"),
        sa.Column("client", sa.Text(), nullable=False, comment="its User-Agent"),
        sa.Column(
            "held",
            sa.Text(),
            nullable=False,
            comment="rule that would have blocked it, but for a dry run",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("downloads_at", "downloads", ["at"], unique=False)
    op.create_index("downloads_project", "downloads", ["project", "version"], unique=False)


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column(
            "missing", sa.Integer(), nullable=False, comment="downloads that could not be logged"
        ),
        sa.PrimaryKeyConstraint("id"),
    )


def _kept_files() -> None:
    op.create_table(
        "kept_files",
        sa.Column("key", sa.Text(), nullable=False, comment="of the object in the store"),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("used", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("kept_files_project", "kept_files", ["project"], unique=False)
    op.create_index("kept_files_used", "kept_files", ["used"], unique=False)


def _own_files() -> None:
    op.create_table(
        "own_files",
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column(
            "same",
            sa.Text(),
            nullable=False,
            comment="one text for all spellings of the same file",
        ),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("requires_python", sa.Text(), nullable=True),
        sa.Column(
            "metadata_sha256", sa.Text(), nullable=True, comment="of the METADATA beside a wheel"
        ),
        sa.Column("uploaded", Moment(), nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False, comment="id of the token, or empty"),
        sa.Column(
            "yanked", sa.Text(), nullable=True, comment="the reason, maybe empty; null: not yanked"
        ),
        sa.Column(
            "deleted",
            Moment(),
            nullable=True,
            comment="the name of a deleted file is never used again",
        ),
        sa.Column(
            "provenance",
            sa.Text(),
            nullable=True,
            comment="sha256 of its attestations; null: there are none",
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="number of its last change"),
        sa.PrimaryKeyConstraint("filename"),
    )
    op.create_index("own_files_project", "own_files", ["project", "version"], unique=False)
    op.create_index("own_files_revision", "own_files", ["revision"], unique=False)
    op.create_index("own_files_same", "own_files", ["same"], unique=True)


def _purges() -> None:
    op.create_table(
        "purges",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("purges_project", "purges", ["project"], unique=False)


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False, comment="the public part of the token"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="sha256 of the secret part, hex digits"
        ),
        sa.Column("actions", sa.Text(), nullable=False, comment="JSON list of words"),
        sa.Column(
            "projects", sa.Text(), nullable=False, comment="JSON list of globs on names; empty: all"
        ),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("expires", Moment(), nullable=True),
        sa.Column("revoked", Moment(), nullable=True),
        sa.Column("used", Moment(), nullable=True, comment="when it was last used, to the minute"),
        sa.PrimaryKeyConstraint("id"),
    )
