"""Groups in the API (rule 11.3): what is shown of them, and a module for each resource.

Every change goes through the actions of the pages; everything is read as far as the caller's reader may see
it (rules 2.21, 5.3, 6.4).
"""

from . import (
    contacts,
    deleted,
    designations,
    entries,
    found,
    mailing_list,
    masters,
    people,
    room,
    settings,  # its operations stand in the router of `found`
)

ROUTERS = (
    found.router,
    entries.router,
    masters.router,
    people.router,
    mailing_list.router,
    designations.router,
    contacts.router,
    room.router,
    deleted.router,
)

__all__ = ["ROUTERS", "settings"]
