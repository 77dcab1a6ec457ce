"""The pure core: `state = f(facts, decisions)`. Nothing here does input or output."""
