"""One module for each verb: gather, decide, show, apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World
    from keyturn.errors import Exit


class Command(Protocol):
    """What a module of this package offers to the command line."""

    EPILOG: str
    """Examples, shown below the options."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """Add what this command understands beyond the common options."""

    @staticmethod
    def run(world: World, options: argparse.Namespace) -> Exit:
        """Carry the command out and return the exit status."""


# In the order in which `keyturn --help` shows them; a module is imported only when its command is called.
COMMANDS = {
    "init": "write what a repository needs to keep its keys with keyturn",
    "new": "declare a key, by a few answers or by options",
    "import": "declare the keys of a CSV file",
    "discover": "find keys that nobody has declared, by the names of secrets",
    "validate": "check every declared file and report all problems",
    "matrix": "divide the declared files among the jobs of a GitHub Actions matrix",
    "plan": "show what the next run would do",
    "apply": "make the issues agree with the files",
    "ages": "show how old every key is and when it is due",
    "review": "say what a reviewer should see of a change, and what merging it brings",
    "request": "ask for a key to be rotated now",
    "ask": "turn the form of an issue into a pull request that asks for a rotation",
    "verify": "ask the provider whether the new key is accepted and the old one rejected",
    "record": "record how a rotation was shown to be complete",
    "report": "write a site that shows every key, its history and what falls due",
    "audit": "show what became of every version of every key, for auditors",
    "providers": "list the providers, or show one with its checklist",
    "doctor": "find what keeps rotations from being looked after, and what to do about it",
    "completion": "print what a shell needs to complete commands and options",
}
