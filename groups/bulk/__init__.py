"""What can be done to many groups at once, live (`groups`) and recently deleted (`deleted`) (rule 10.6)."""
