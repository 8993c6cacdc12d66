"""`python -m genzoo.cli`."""

import sys

from genzoo.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
