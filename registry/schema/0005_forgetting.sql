-- Forgetting of the living: when each statement has to be looked at, and how much went.

-- Null until it was looked at for the first time; infinite for what belongs to the record of a death.
ALTER TABLE statement ADD COLUMN examine_on date;
CREATE INDEX statement_not_examined ON statement (received_at) WHERE examine_on IS NULL;
CREATE INDEX statement_to_examine ON statement (examine_on) WHERE examine_on IS NOT NULL;

-- One count for a day and source.
ALTER TABLE forgotten ADD UNIQUE (on_date, source);
