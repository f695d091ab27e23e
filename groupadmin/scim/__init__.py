"""SCIM 2.0: identity providers keep people, teams and groups up to date (rule 11.2, RFC 7643 and 7644).

    views         the door: who asks, with what, and errors in SCIM's own form
    routes        which address and verb is answered by what
    kinds         what users, groups and teams have in common; a file each: users, groups, teams
    schemas       the resources as clients see them; dialects: as clients write them
    filters       what clients ask for becomes a query; attributes: of which there is a list
    lists         pages of resources; bulk: many requests in one; discovery: what there is

Parsing, patching and writing of resources is done by scim2-models. Everything that changes is done by the
actions of accounts and groups, as on the pages.
"""
