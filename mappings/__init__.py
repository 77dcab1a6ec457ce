"""What converts to what, as data: segments, data types, codes, flags, and one file per site."""
