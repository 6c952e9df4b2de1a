"""``python -m psrt_bot``: the same as ``psrt-bot``."""

import sys

from psrt_bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
