"""`python -m genzoo.cli`."""

import sys

from genzoo.cli.entry import main

sys.exit(main())
