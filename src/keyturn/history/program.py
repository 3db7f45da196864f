"""The program git itself."""

from __future__ import annotations


def version() -> str | None:
    """Return the version of git, or None where there is none."""
    try:
        from git import Git
    except ImportError:  # GitPython finds no git
        return None
    return ".".join(map(str, Git().version_info))
