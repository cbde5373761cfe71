"""The local store of advisories: reading it is ``store``, making it from a dump is ``dump``."""
