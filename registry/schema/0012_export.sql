-- Exports: what was asked for, and the files made of it, until they expire; and cohorts, the groups
-- of deaths that several organisations have agreed to review together.

-- Since when an organisation may read a resource: it may have become involved long after the
-- resource was written. What was readable before this was written has always been so.
ALTER TABLE readable ADD COLUMN since timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE readable ALTER COLUMN since SET DEFAULT now();

-- One export as asked for. `attempt` counts the processes that took it up: what an earlier one still
-- tries to write is refused. `written` and `expected` count resources.
CREATE TABLE export_job (
    id               text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    client           text NOT NULL,
    organisation     text,
    role             text NOT NULL,
    network          text,
    request          text NOT NULL,
    types            text[] NOT NULL CHECK (cardinality(types) > 0),
    since            timestamptz,
    of_group         text,
    notes            text[] NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    attempt          integer NOT NULL DEFAULT 0,
    transaction_time timestamptz,
    expected         bigint,
    written          bigint NOT NULL DEFAULT 0,
    finished_at      timestamptz,
    failed           text,
    CHECK (finished_at IS NULL OR failed IS NULL)
);
CREATE INDEX export_job_waiting ON export_job (created_at)
    WHERE finished_at IS NULL AND failed IS NULL;
CREATE INDEX export_job_of_client ON export_job (client);
CREATE INDEX export_job_of_group ON export_job (of_group) WHERE of_group IS NOT NULL;
CREATE INDEX export_job_expiry ON export_job (expires_at);

-- Its files, numbered from 1: NDJSON of one type each, as one gzip stream in parts of a size that
-- fits into memory. `size` is that of the text, `packed` that of the stream, in bytes.
CREATE TABLE export_file (
    job       text NOT NULL REFERENCES export_job ON DELETE CASCADE,
    number    integer NOT NULL CHECK (number > 0),
    kind      text NOT NULL CHECK (kind IN ('output', 'error')),
    type      text NOT NULL,
    resources bigint NOT NULL,
    parts     integer NOT NULL,
    size      bigint NOT NULL,
    packed    bigint NOT NULL,
    PRIMARY KEY (job, number)
);
CREATE TABLE export_part (
    job     text NOT NULL REFERENCES export_job ON DELETE CASCADE,
    file    integer NOT NULL,
    number  integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (job, file, number)
);
-- It is packed already.
ALTER TABLE export_part ALTER COLUMN content SET STORAGE EXTERNAL;

-- Whom the files are about, until that is on record.
CREATE TABLE export_person (
    job    text NOT NULL REFERENCES export_job ON DELETE CASCADE,
    person text NOT NULL,
    PRIMARY KEY (job, person)
);

-- A cohort as proposed: deaths of a month in the scope of some organisations, all of them or a
-- random sample. A sample is a share of them or a number of them, drawn by the seed.
CREATE TABLE cohort (
    id          text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    name        text NOT NULL CHECK (name <> ''),
    proposer    text NOT NULL,
    client      text NOT NULL,
    month       date NOT NULL CHECK (month = date_trunc('month', month)::date),
    percent     numeric CHECK (percent > 0 AND percent <= 100),
    size        integer CHECK (size > 0),
    seed        text,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    CHECK (percent IS NULL OR size IS NULL),
    CHECK ((seed IS NULL) = (percent IS NULL AND size IS NULL))
);
CREATE TABLE cohort_organisation (
    cohort       text NOT NULL REFERENCES cohort,
    organisation text NOT NULL,
    PRIMARY KEY (cohort, organisation)
);
CREATE INDEX cohort_of_organisation ON cohort_organisation (organisation);

-- What each organisation said, for good; its newest word counts.
CREATE TABLE cohort_answer (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cohort       text NOT NULL,
    organisation text NOT NULL,
    answer       text NOT NULL CHECK (answer IN ('agreed', 'withdrawn')),
    client       text NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (cohort, organisation) REFERENCES cohort_organisation
);
CREATE INDEX cohort_answer_newest ON cohort_answer (cohort, organisation, id DESC);

-- True while every organisation named has agreed, and none has withdrawn.
CREATE FUNCTION cohort_is_agreed(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT coalesce(bool_and(coalesce((
        SELECT a.answer = 'agreed' FROM cohort_answer AS a
        WHERE a.cohort = o.cohort AND a.organisation = o.organisation
        ORDER BY a.id DESC LIMIT 1), false)), false)
    FROM cohort_organisation AS o WHERE o.cohort = wanted
$$;

-- The deaths that may be in an agreed cohort, for one of its organisations and for nobody else: each
-- once for every organisation in whose scope it is. Whether the month and the relation fit is the
-- core's to say: this leaves out only what is far from the month.
CREATE FUNCTION cohort_deaths(wanted text)
RETURNS TABLE (organisation text, person text, content text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT i.organisation, i.person, r.content
    FROM cohort AS c
    JOIN cohort_organisation AS o ON o.cohort = c.id
    JOIN involvement AS i ON i.organisation = o.organisation
        AND 'in-scope-provider' = ANY (i.reasons)
    JOIN resource AS r ON r.person = i.person AND r.type = 'Observation'
    WHERE c.id = wanted AND r.audience IS NULL AND r.status <> 'entered-in-error'
        AND moment_low(r.searched -> 'effectiveDateTime') < c.month + interval '1 month 1 day'
        AND moment_high(r.searched -> 'effectiveDateTime') > c.month - interval '1 day'
        AND cohort_is_agreed(c.id)
        AND EXISTS (SELECT FROM cohort_organisation AS mine
            WHERE mine.cohort = c.id AND mine.organisation = app_organisation())
$$;

-- Since when an export that begins now is sure to be followed by one with `_since`: what is being
-- written at this moment may carry the time at which its transaction began. One that has written
-- nothing for a minute reads. Of the owner's, who may see others' transactions.
CREATE FUNCTION export_moment() RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        AND (backend_xid IS NOT NULL OR xact_start > clock_timestamp() - interval '1 minute')
$$;
REVOKE ALL ON FUNCTION cohort_is_agreed(text), cohort_deaths(text), export_moment() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cohort_is_agreed(text), cohort_deaths(text), export_moment()
    TO lfd_registry, lfd_registry_writer;

-- The database's own belt, as in 0007. An export is its client's; a cohort, its organisations'.
CREATE FUNCTION app_client() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.client', true), '')
$$;
CREATE FUNCTION my_cohorts() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT cohort FROM cohort_organisation WHERE organisation = app_organisation()
$$;
REVOKE ALL ON FUNCTION my_cohorts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION my_cohorts() TO lfd_registry, lfd_registry_writer;
DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['export_job', 'export_file', 'export_part', 'export_person',
        'cohort', 'cohort_organisation', 'cohort_answer']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', named);
        EXECUTE format(
            'CREATE POLICY whole_record ON %I TO lfd_registry_writer USING (true)', named);
    END LOOP;
END
$$;
GRANT SELECT ON export_job, export_file, export_part, cohort, cohort_organisation, cohort_answer
    TO lfd_registry;
CREATE POLICY own_exports ON export_job FOR SELECT TO lfd_registry
    USING (client = app_client()
        AND organisation IS NOT DISTINCT FROM app_organisation());
CREATE POLICY own_exports ON export_file FOR SELECT TO lfd_registry
    USING (EXISTS (SELECT FROM export_job AS j WHERE j.id = export_file.job));
CREATE POLICY own_exports ON export_part FOR SELECT TO lfd_registry
    USING (EXISTS (SELECT FROM export_job AS j WHERE j.id = export_part.job));
CREATE POLICY own_rows ON cohort_organisation FOR SELECT TO lfd_registry
    USING (cohort IN (SELECT my_cohorts()));
CREATE POLICY own_rows ON cohort FOR SELECT TO lfd_registry
    USING (id IN (SELECT my_cohorts()));
CREATE POLICY own_rows ON cohort_answer FOR SELECT TO lfd_registry
    USING (cohort IN (SELECT my_cohorts()));

-- What was proposed and said stays.
REVOKE UPDATE, DELETE ON cohort, cohort_organisation, cohort_answer FROM lfd_registry_writer;
