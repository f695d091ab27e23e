"""Delivers webhooks (rule 11.5): `claiming` takes what is due, `sending` signs and sends it, `settling`
stores what became of it, and `courier` does all of it beside the worker's tasks.
"""
