"""What a developer of onward runs: test, demo, bench, soak, docs, picture."""
