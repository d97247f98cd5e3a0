"""`fleet keys`: API keys from the command line."""
