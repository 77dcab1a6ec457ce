"""How fast the adapter acknowledges by MLLP, beside a bare listener that only stores the bytes."""
