"""What a group's people have in their message room: messages, notes, events, tasks and files (rule 3)."""
