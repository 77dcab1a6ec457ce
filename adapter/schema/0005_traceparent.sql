-- The place of a message in its trace, as W3C Trace Context writes it; docs/monitoring.md. Null: it
-- came while traces were off. Ids that are made at random, and nothing of the message.

ALTER TABLE adapter.inbox ADD COLUMN traceparent text;
ALTER TABLE adapter.outbox ADD COLUMN traceparent text;
