"""``python -m cyberthemes``."""

import sys

from cyberthemes.cli import main

if __name__ == "__main__":
    sys.exit(main())
