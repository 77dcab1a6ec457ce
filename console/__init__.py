"""The web console: people sign in, and work with the registry's record through pages."""
