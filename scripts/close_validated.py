"""Close what reviewed evidence has settled: `keyturn apply --only close` with the arguments given."""

import sys

from keyturn.cli import main

if __name__ == "__main__":
    sys.exit(main(["apply", "--only", "close", *sys.argv[1:]]))
