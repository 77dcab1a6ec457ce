"""The worklist: an organisation's reviews, filtered and sorted by what stands in the address."""
