"""An import is read, judged, looked at, brought in, and perhaps undone (rules 10.2, 10.3).

lifecycle.py what pages and commands call: open, judge, run, cancel
options.py   what its owner chose           keys.py     when two names mean the same thing
reading.py   files become rows              judging/    each row's verdict
meaning.py   who gains and loses what       after.py    the company as it will be
running/     good rows, in batches, once    turns.py    one import of a company at a time
undoing/     everything back that nobody has touched since
"""
