-- Who takes part (organisations), who may call (clients) and what proves it.

CREATE TABLE organisation (
    ods          text PRIMARY KEY CHECK (ods ~ '^[A-Z0-9]{1,12}$'),
    name         text NOT NULL CHECK (name <> ''),
    type         text NOT NULL CHECK (type IN
                 ('acute', 'mental-health', 'community', 'gp', 'icb', 'medical-examiner', 'national')),
    -- Deferred: one file may name the parent after the child.
    parent       text REFERENCES organisation DEFERRABLE INITIALLY DEFERRED CHECK (parent <> ods),
    succeeded_by text REFERENCES organisation DEFERRABLE INITIALLY DEFERRED CHECK (succeeded_by <> ods),
    succeeded_on date,
    CHECK ((succeeded_by IS NULL) = (succeeded_on IS NULL))
);

CREATE INDEX organisation_parent ON organisation (parent);

CREATE TABLE client (
    id           text PRIMARY KEY CHECK (id ~ '^[!-~]{1,128}$'),
    -- An ODS code, in the directory or not yet. Null: an adapter that may speak for any
    -- organisation (a laptop's own).
    organisation text,
    role         text NOT NULL CHECK (role IN ('adapter', 'provider', 'gp', 'icb', 'national', 'admin')),
    key          jsonb NOT NULL CHECK (key ->> 'kty' IN ('RSA', 'EC') AND NOT key ? 'd'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (organisation IS NOT NULL OR role = 'adapter')
);

-- A client assertion is good once: the primary key decides, across all processes.
CREATE TABLE used_assertion (
    client_id  text NOT NULL REFERENCES client ON DELETE CASCADE,
    jti        text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti)
);

CREATE INDEX used_assertion_expiry ON used_assertion (expires_at);

CREATE TABLE signing_key (
    kid        text PRIMARY KEY,
    jwk        jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
