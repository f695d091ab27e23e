"""How the installation is: for load balancers, for Prometheus, and for its operator (rule 11.6)."""
