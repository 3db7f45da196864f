"""Let `python -m keyturn` be the command `keyturn`."""

import sys

from keyturn.cli import program

sys.exit(program())
