-- The columns that Tasks are found by (0015, 0023) are given by whoever writes the Task, as its
-- status and owner are. PostgreSQL prepares the expressions of generated columns anew in every
-- statement, and functions in them are parsed anew: that was half the time of writing a Task.
ALTER TABLE resource
    ALTER COLUMN due DROP EXPRESSION,
    ALTER COLUMN offered_to DROP EXPRESSION,
    ALTER COLUMN code_system DROP EXPRESSION,
    ALTER COLUMN business_status DROP EXPRESSION,
    ALTER COLUMN necessity DROP EXPRESSION;
DROP FUNCTION due_date(jsonb);
DROP FUNCTION offered_to(jsonb);
DROP FUNCTION necessity(jsonb);

-- A registry of the version before, still at work beside one of this, gives none: what it would write
-- could not be found, so it is refused, and sent again. Rows that are there had them made.
ALTER TABLE resource ADD CONSTRAINT a_task_gives_what_it_is_found_by
    CHECK (type <> 'Task' OR (code_system IS NOT NULL AND business_status IS NOT NULL))
    NOT VALID;
