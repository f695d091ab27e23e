"""Which settings a command runs with: production's, or those of a quickstart.

The quickstart needs its own. So do commands that move a directory, so that they can be tried on its data:
where nothing of a production is set, and a quickstart has made its data folder.
"""

import os
from collections.abc import Sequence
from pathlib import Path

QUICKSTART = "groupadmin.settings.quickstart"
PRODUCTION = "groupadmin.settings.production"

# Rule 10.1.
ALSO_OF_A_QUICKSTART = frozenset({"import_directory", "export_directory", "compare_directory"})

_ROOT = Path(__file__).resolve().parent.parent.parent


def settings_for(arguments: Sequence[str]) -> str:
    """The settings module for this command line, `arguments[0]` being the program."""
    command = arguments[1] if len(arguments) > 1 else ""
    if command == "quickstart" or (command in ALSO_OF_A_QUICKSTART and _is_quickstart()):
        return QUICKSTART
    return PRODUCTION


def _is_quickstart() -> bool:
    """Whether a quickstart's data is all that can be meant."""
    if os.environ.get("SECRET_KEY"):
        return False
    folder = os.environ.get("GROUPADMIN_DATA_DIR")
    # A database without a folder may be a production's, where a secret was forgotten.
    if os.environ.get("DATABASE_URL") and not folder:
        return False
    return (Path(folder) if folder else _ROOT / ".quickstart").joinpath("secret-key").is_file()
