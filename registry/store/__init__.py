"""The shell around the core: SQL that keeps facts and decisions and writes the state."""
