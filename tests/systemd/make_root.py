"""Makes the Debian root that the tests boot, unless it is there, so that none of them waits for it."""

import sys

from machine import case, root

try:
    print(root.ready(case.package()))
except root.Impossible as reason:
    print(f"SKIPPED: {reason}", file=sys.stderr)
    sys.exit(case.SKIPPED)
