"""SCIM, by which identity providers keep people and groups up to date (rule 11.2)."""

from .environment import Environment

env = Environment()

__all__ = ["SCIM_BULK_OPERATIONS", "SCIM_MAX_BYTES"]

# A request at most: the members of a group of a hundred thousand, written out.
SCIM_MAX_BYTES = env.int("SCIM_MAX_BYTES", default=16 * 1024 * 1024)
# Operations of one bulk request at most: somebody waits for them.
SCIM_BULK_OPERATIONS = env.int("SCIM_BULK_OPERATIONS", default=1000)
