"""Who is in which group, effectively: computed from entries, never stored (spec 2.10)."""
