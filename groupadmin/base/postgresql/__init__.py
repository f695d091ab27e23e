"""Django's PostgreSQL, for whom nobody waits longer than settings allow; an ENGINE of DATABASES."""
