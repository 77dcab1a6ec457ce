"""`python -m lfd`: the command, where its script is not on the path."""

import sys

from lfd.command import main

sys.exit(main())
