"""`keyturn completion`: what a shell needs to complete our commands, options and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.errors import Exit, UsageError

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World

EPILOG = """\
examples:
  keyturn completion bash > ~/.local/share/bash-completion/completions/keyturn
  keyturn completion zsh > ~/.zfunc/_keyturn         a folder that stands in fpath
  keyturn completion fish > ~/.config/fish/completions/keyturn.fish

It needs one more library: pip install 'keyturn[completion]'. What it prints needs nothing, and does not start keyturn;
print it anew after an update.
"""

SHELLS = ("bash", "zsh", "fish")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS), help="the shell to print a script for")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Print the script; `whole` of the options makes the parser with all that every command understands."""
    try:
        import shtab
    except ImportError:
        message = "completion needs a library that is not installed; run `pip install 'keyturn[completion]'`"
        raise UsageError(message) from None
    world.say(shtab.complete(options.whole(), options.shell))
    return Exit.WELL
