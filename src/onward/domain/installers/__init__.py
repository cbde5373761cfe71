"""Installers for Windows around a folder that was built there: what is in them, as the tools that make them want it."""
