-- What the day's work is found by: when a review is due, and whom its lead is offered to. Columns of
-- their own, because the reader's role compares before its policies only what can leak nothing, as
-- dates and equal texts do, and because `searched` holds no Task.input.

CREATE FUNCTION due_date(task jsonb) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT make_date(split_part(said, '-', 1)::int, split_part(said, '-', 2)::int,
                     substr(split_part(said, '-', 3), 1, 2)::int)
    FROM (SELECT task #>> '{restriction,period,end}') AS named (said)
    WHERE said IS NOT NULL
$$;
CREATE FUNCTION offered_to(task jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_path_query_first(task, '$.input[*] ? (@.type.coding.code == "offered-to")')
        #>> '{valueReference,identifier,value}'
$$;

ALTER TABLE resource
    ADD COLUMN due date GENERATED ALWAYS AS (
        CASE WHEN type = 'Task' THEN registry.due_date(content::jsonb) END) STORED,
    ADD COLUMN offered_to text GENERATED ALWAYS AS (
        CASE WHEN type = 'Task' THEN registry.offered_to(content::jsonb) END) STORED;
CREATE INDEX task_due ON resource (owner, due) WHERE type = 'Task' AND due IS NOT NULL;
CREATE INDEX task_offered ON resource (offered_to) WHERE offered_to IS NOT NULL;
