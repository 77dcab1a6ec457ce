"""What a national firehose costs: events about nobody held, dropped, beside the bare look-up."""
