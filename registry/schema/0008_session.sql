-- People signed in to the console, and sign-ins begun and not finished. Secrets are kept as SHA-256:
-- who reads this table can't use what is in it.

CREATE TABLE session (
    id_hash      bytea PRIMARY KEY CHECK (octet_length(id_hash) = 32),
    person       text NOT NULL CHECK (person <> ''),
    name         text NOT NULL,
    -- Whom the person acts for and as what; null until a person with several has chosen.
    organisation text,
    role         text CHECK (role IN ('provider', 'icb')),
    job          text,
    -- All that the person may choose from: organisation, role and job each.
    places       jsonb NOT NULL CHECK (jsonb_typeof(places) = 'array'),
    -- What tells the identity provider whom to sign out.
    id_token     text NOT NULL,
    started_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    CHECK ((organisation IS NULL) = (role IS NULL) AND (organisation IS NULL) = (job IS NULL))
);

CREATE INDEX session_last_used ON session (last_used_at);

-- A sign-in is good once: whoever deletes the row finishes it, across all processes.
CREATE TABLE sign_in_attempt (
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    nonce        text NOT NULL,
    verifier     text NOT NULL,
    return_to    text NOT NULL,
    started_at   timestamptz NOT NULL
);

CREATE INDEX sign_in_attempt_started ON sign_in_attempt (started_at);
