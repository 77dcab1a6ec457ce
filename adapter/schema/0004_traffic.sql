-- How much each sender sent in each hour, and how it was answered: what the inbox cannot say, for it
-- keeps no repetition and no refusal. Numbers only. Kept for a quarter of a year.

CREATE TABLE adapter.traffic (
    -- The sender's ODS code; '' where the message names none that could be one.
    organisation text NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    acknowledgement_code text NOT NULL CHECK (acknowledgement_code IN ('AA', 'AE', 'AR')),
    messages bigint NOT NULL CHECK (messages > 0),
    last_at timestamptz NOT NULL,
    PRIMARY KEY (organisation, hour, acknowledgement_code)
);

CREATE INDEX traffic_hour ON adapter.traffic (hour);

-- A site file with which somebody had waiting messages converted: what it said, who and when.
CREATE TABLE adapter.site_fix (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text NOT NULL,
    content text NOT NULL,
    applied_by text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released integer NOT NULL
);

ALTER TABLE adapter.inbox ADD COLUMN site_fix bigint REFERENCES adapter.site_fix (id);
