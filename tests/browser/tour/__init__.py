"""A tour of every page, in every state, as everybody who sees something different there.

`places` lists them, from the matrix; `states` says how one gets into a dialog, an error, a menu; `company` is
what stands behind them; `checks` is what is asked of each. tests/browser/test_every_page.py walks it once.
"""

from .places import NO_PAGES, PLACES, VISITORS, Place

__all__ = ["NO_PAGES", "PLACES", "VISITORS", "Place"]
