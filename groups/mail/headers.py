"""The headers that a mail to a list gets, and how they are put on top of it."""

# Names the lists that a mail has been through, so that one that comes again is known.
LOOP_MARK = "X-Groupadmin-List"
