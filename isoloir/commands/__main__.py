"""`python -m isoloir.commands`: the same as `isoloir`."""

import sys

from . import main

sys.exit(main())
