"""Open what is due and bring open issues up to date: `keyturn apply --only open,update` with the arguments given."""

import sys

from keyturn.cli import main

if __name__ == "__main__":
    sys.exit(main(["apply", "--only", "open,update", *sys.argv[1:]]))
