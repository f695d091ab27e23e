"""A group's message room: messages, notes, events, tasks and files (rule 3)."""
