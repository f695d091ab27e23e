"""Many at once: rows of a list, or all that match, are changed in one go (rule 10.6).

- `actions`: what can be done to many, and how that is described; one table, filled by each area
- `choosing`: what somebody has chosen in a list, as ids of what they may see
- `starting`: begins one, or its undoing
- `running`: does the work, row by row, each once
- `members`, `teams`: what can be done to many of them; groups are in groups/bulk
"""
