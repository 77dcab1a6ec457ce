-- What the first page of the day asks for, of an organisation with thousands of Tasks: reviews or
-- questions, where a review stands, how far it is needed. Columns of their own, for the reasons of
-- 0015: the reader's role lets an index compare only what can leak nothing. Our Tasks have one Coding
-- in each of these.

CREATE FUNCTION necessity(task jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_path_query_first(task, '$.input[*] ? (@.type.coding.code == "necessity")')
        #>> '{valueCodeableConcept,coding,0,code}'
$$;

ALTER TABLE resource
    ADD COLUMN code_system text GENERATED ALWAYS AS (
        CASE WHEN type = 'Task' THEN content::jsonb #>> '{code,coding,0,system}' END) STORED,
    ADD COLUMN business_status text GENERATED ALWAYS AS (
        CASE WHEN type = 'Task' THEN content::jsonb #>> '{businessStatus,coding,0,code}' END) STORED,
    ADD COLUMN necessity text GENERATED ALWAYS AS (
        CASE WHEN type = 'Task' THEN registry.necessity(content::jsonb) END) STORED;
CREATE INDEX task_by_business_status ON resource (owner, business_status) WHERE type = 'Task';
-- In the order in which they are due, as a search sorts them. Without the status: with it an index of
-- all organisations' Tasks looks better to the planner than it is.
CREATE INDEX task_to_do ON resource (owner, code_system, (coalesce(due, 'infinity')), id)
    WHERE type = 'Task';
