"""What the nation tells the registry: events that somebody died, that a number changed, that flags
changed. An event only points; what it points to is read, and what was read becomes a fact like any
other (docs/national-feed.md).
"""
