"""Refactorings: code that can be said more plainly without changing what it does, found and mended in the text of a file.

By ast-grep 0.51 where one expression is replaced, by LibCST 1.9 where statements are. Both come with
``onward[check]`` and are imported only when somebody wants to look.
"""
