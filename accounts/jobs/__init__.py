"""Long work that the worker does while somebody watches a progress bar."""
