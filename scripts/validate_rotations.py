"""Check every declared file: `keyturn validate` with the arguments given."""

import sys

from keyturn.cli import main

if __name__ == "__main__":
    sys.exit(main(["validate", *sys.argv[1:]]))
