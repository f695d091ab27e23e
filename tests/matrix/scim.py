"""SCIM: who is signed in means nothing there, only tokens count (rule 11.2).

What tokens are answered stands in tests/groupadmin/scim/test_door.py.
"""

from .rows import Row, everybody, of_company

CLOSED = everybody(401)

SCIM: dict[str, list[Row]] = {
    "scim_page": of_company(200, None),
    "scim:root": [Row(CLOSED, CLOSED)],
    "scim:slash": [Row(CLOSED, CLOSED)],
    "scim:resource": [
        Row(CLOSED, CLOSED, args=lambda cast: ("Users",), label="people"),
        Row(CLOSED, CLOSED, args=lambda cast: (f"Groups/g-{cast.group.pk}",), label="a group"),
    ],
}
