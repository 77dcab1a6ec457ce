"""What each command takes, a file a family of commands; `lfd/arguments.py` puts them together."""
