-- The place of an event in the trace of what brought it about, as W3C Trace Context writes it;
-- docs/monitoring.md. Null: traces were off, or the clock brought it about.

ALTER TABLE subscription_event ADD COLUMN traceparent text;
