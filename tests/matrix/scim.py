"""SCIM: who is signed in means nothing there, only tokens count (rule 11.2).

What tokens are answered stands in tests/groupadmin/scim/test_door.py.
"""

from dataclasses import replace

from .rows import Row, everybody, of_company, of_everybody

CLOSED = everybody(401)
_READ_ONLY = of_everybody(200, 405)[0].post

SCIM: dict[str, list[Row]] = {
    "scim:root": [Row(CLOSED, CLOSED)],
    "scim:slash": [Row(CLOSED, CLOSED)],
    "scim:resource": [
        Row(CLOSED, CLOSED, args=lambda cast: ("Users",), label="people"),
        Row(CLOSED, CLOSED, args=lambda cast: (f"Groups/g-{cast.group.pk}",), label="a group"),
    ],
}
PAGES = {"scim_page": [replace(row, post=_READ_ONLY) for row in of_company(200, None)]}
