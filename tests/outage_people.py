"""python -m tests.outage_people [FOLDER]: fills an empty database, and says who is signed in how, as JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.outage_settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from tests import cast  # noqa: E402
from tests.background import ask_the_database  # noqa: E402
from tests.helpers import client_of  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    ours, theirs = cast.company("company"), cast.company("other_company")
    people = {
        "administrator": cast.person("administrator", ours),
        "other_administrator": cast.person("other_administrator", theirs),
        "superuser": cast.superuser(),
    }
    master, member, teammate = (cast.person(role, ours) for role in ("master", "member", "teammate"))
    group = cast.group(ours, master, member, cast.team(ours, teammate))
    people["member"] = member
    for folder in sys.argv[1:]:
        # For the test to let go on while the database is away.
        ask_the_database.enqueue(folder)
    keys = {
        role: client_of(person).cookies[settings.SESSION_COOKIE_NAME].value for role, person in people.items()
    }
    print(json.dumps({"keys": keys, "company": ours.pk, "group": group.pk}))


if __name__ == "__main__":
    main()
