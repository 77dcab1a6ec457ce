-- Before databases.sql, where psql runs in a container: the passwords it takes, out of their files, so
-- that they stand in no command line.

\set registry_password `cat /run/secrets/registry-database-password`
\set adapter_password `cat /run/secrets/adapter-database-password`
