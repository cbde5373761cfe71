"""Mending what a check found: what is safe at once, the rest only with a proof."""
