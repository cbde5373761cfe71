"""SARIF 2.1.0 (OASIS): the answer of any tool that a project names in its settings."""
