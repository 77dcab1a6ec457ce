"""Drafts the site file of a new sender from a sample of its messages, for a person to confirm.

Pure: messages in, YAML text out. The text holds codes and counts, nothing about anybody.
"""

from adapter.site_guess.guess import guess

__all__ = ["guess"]
