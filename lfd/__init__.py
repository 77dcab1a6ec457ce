"""The `lfd` command: starts the processes, and the operator's tasks around them."""
