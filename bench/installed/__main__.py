"""python -m lengthwise: the same as the command `lengthwise`."""

import sys

from . import main

sys.exit(main())
