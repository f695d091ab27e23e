"""Bringing in and taking out a company's directory (rules 10.1–10.7, 11.3). For administrators."""

from . import export, imports, rows, running

ROUTERS = (imports.router, running.router, rows.router, export.router)
