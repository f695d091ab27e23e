#!/usr/bin/env python
"""Django's command line, with the quickstart's settings where the quickstart is asked for."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    quickstart = sys.argv[1:2] == ["quickstart"]
    settings = "groupadmin.settings.quickstart" if quickstart else "groupadmin.settings.production"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    execute_from_command_line(sys.argv)
