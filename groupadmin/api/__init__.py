"""REST at /api/v1/ for programs with a token (rule 11.3).

A resource is a module: what it looks like, its operations, and how it is found. `members` shows all patterns.
The frame does the rest: `callers` knows who calls, `operations` how an operation is declared, `changing` how
a change is made (dry run, idempotency keys, versions), `paging` lists, `fields` types, `problems` errors.
"""
