"""How fast messages are read and converted, beside other readers and converters, in one run."""
