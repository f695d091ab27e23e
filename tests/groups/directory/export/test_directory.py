"""The directory goes out as files of our form, with everything that the form has (rule 10.1)."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test.utils import CaptureQueriesContext
from django.db import connection

from accounts.actor import Actor, Door, Refused
from accounts.models import AuditEntry
from groupadmin.base.errors import Invalid
from groups.directory import form
from groups.directory.export.directory import export_directory
from groups.directory.export.records import directory_of
from groups.directory.records import Kind, Problem, Record
from groups.models import Group
from tests.cast import Cast

pytestmark = pytest.mark.django_db

SHELL = Actor(None, Door.SHELL)
