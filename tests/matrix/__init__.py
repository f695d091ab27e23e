"""The expected answer of every URL to every role (rule 7). A new URL needs a row here, else the suite fails.

Read a row as: who may GET it, who may POST it, and with which status those are answered. By rule 7, whoever
may not know that the thing exists gets 404, whoever may know but not do it gets 403, and whoever is not
signed in is sent to the sign-in page. `None` stands for a verb that the URL does not have: 405.

What rows are made of stands in `rows`, the rows themselves in a module for each area.
"""

from .accounts import ACCOUNTS
from .api import API, PAGES
from .groups import GROUPS
from .mail import MAIL
from .room import EVENTS, FOLDER, NOTE, ROOM, TASK
from .rows import ROLES, Cast, Row, of_everybody
from .scim import PAGES as SCIM_PAGES
from .scim import SCIM

__all__ = ["API", "MATRIX", "ROLES", "SCIM", "Cast", "Row"]

MATRIX: dict[str, list[Row]] = {
    # One lands at the groups, and superusers in Django admin.
    "home": of_everybody(302),
    **ACCOUNTS,
    **GROUPS,
    **MAIL,
    **ROOM,
    **EVENTS,
    **FOLDER,
    **NOTE,
    **TASK,
    **API,
    **SCIM,
    **PAGES,
    **SCIM_PAGES,
}
