"""Tests of the nouns and the hands."""
