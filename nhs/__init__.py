"""Facts of the NHS in England that need no input or output: numbers, addresses, London time."""
