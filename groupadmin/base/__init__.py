"""The foundation of everything else. Imports neither accounts nor groups."""
