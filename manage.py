#!/usr/bin/env python
"""Django's command line, with the quickstart's settings where it is what is meant."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error

from groupadmin.base.outage import trouble_of
from groupadmin.settings.choosing import settings_for


def main(arguments: list[str]) -> None:
    """Runs the command. What is wrong with the settings is said in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_for(arguments))
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        if "--traceback" in arguments:
            raise
        sys.exit(f"groupadmin's settings: {error}")
    except Error as error:
        if "--traceback" in arguments or (trouble := trouble_of(error)) is None:
            raise
        sys.exit(f"{trouble.value}: {error}")


if __name__ == "__main__":
    main(sys.argv)
