"""Tests of the index on loopback, with plain sockets and real clients."""
