-- What waits with an organisation, by where it stands: few of its many Tasks are on hold, and nobody
-- reads through all of them for these. Both columns are texts compared for equality, which the
-- reader's policies let an index answer.
CREATE INDEX task_by_owner_and_status ON resource (owner, status) WHERE type = 'Task';
