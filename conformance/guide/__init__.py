"""The implementation guide as others take it in: what of it follows from the product's own tables,
its index, and the package as a file."""
