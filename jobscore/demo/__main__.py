"""``python -m jobscore.demo …``: ``flask demo …`` with the demo's settings from the first moment.

``flask demo`` itself finds them too, but has to start the application twice for that.
"""

import argparse
import os
import sys

from flask.cli import main as flask

from jobscore.config import Config
from jobscore.demo import environment


def main() -> None:
    """Set the demo's environment and hand over to Flask's command line."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--port", type=int, default=5000)
    known, _ = parser.parse_known_args()
    instance = Config.from_environ().instance
    made = environment.variables(os.environ, instance, known.port)
    os.environ.clear()
    os.environ.update(made)
    sys.argv = [sys.argv[0], "--app", "jobscore.app", "demo", *sys.argv[1:]]
    flask()


if __name__ == "__main__":
    main()
