"""Tests: behaviour through public doors first."""
