"""What it costs to put reads on record, beside reads that are not, in one run."""
