"""The API: who is signed in means nothing there, only tokens count.

What tokens are answered, by role, stands in tests/groupadmin/api/matrix.py.
"""

from dataclasses import replace

from .api_groups import API_OF_GROUPS
from .rows import Row, everybody, of_everybody

CLOSED = everybody(401)


def _closed(*verbs: str, **args: object) -> list[Row]:
    """Without a token nobody gets in; a verb that there is none of says so to everybody."""
    get, post = (CLOSED if verb in verbs else everybody(405) for verb in ("get", "post"))
    return [Row(get, post, args=lambda cast: args.values())]


THING = {"ref": "1"}

API: dict[str, list[Row]] = {
    **API_OF_GROUPS,
    "api_root": [Row(everybody(404), everybody(404))],
    "api_nowhere": [Row(everybody(404), everybody(404))],
    "api:openapi": [Row(everybody(200), everybody(405))],
    "api:nothing_here": [Row(everybody(404), everybody(404))],
    "api:get_me": _closed("get"),
    "api:get_company": _closed("get"),
    "api:list_members": _closed("get", "post"),
    "api:get_member": _closed("get", **THING),
    "api:deactivate_member": _closed("post", **THING),
    "api:activate_member": _closed("post", **THING),
    "api:send_sign_in_mail": _closed("post", **THING),
    "api:list_teams": _closed("get", "post"),
    "api:get_team": _closed("get", **THING),
    "api:list_team_members": _closed("get", **THING),
    "api:list_jobs": _closed("get"),
    "api:get_job": _closed("get", **THING),
    "api:list_audit": _closed("get"),
    "api:get_audit_entry": _closed("get", **THING),
}


def _page(status: int, *args: str) -> list[Row]:
    (row,) = of_everybody(status, 405)
    return [replace(row, args=lambda cast: args)]


PAGES = {
    "api_page": _page(200),
    "api_operation": _page(200, "listMembers") + _page(404, "noSuchThing"),
}
