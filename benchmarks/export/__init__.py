"""How fast an export is written, and in how much memory, beside a bare COPY of the same rows."""
