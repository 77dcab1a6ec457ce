-- Which request an event came of, so that its subscriber's log can be held beside the sender's. Null:
-- the clock brought it about, or it was kept before this.

ALTER TABLE subscription_event ADD COLUMN request_id uuid;
