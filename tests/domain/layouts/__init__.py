"""Tests of the readers of lock files and declarations, on recorded files of real tools."""
