"""Who is in which group, effectively: computed from entries, never stored (rule 2.10)."""
