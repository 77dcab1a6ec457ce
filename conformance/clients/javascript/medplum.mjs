// @medplum/core (npm, Medplum), used as its documentation shows, with another server's addresses.
import { MedplumClient } from '@medplum/core';
import { condition, given, numbered, person, refusal, require, run } from './cases.mjs';

const { origin } = new URL(given.base);
const { token_endpoint: tokenUrl } = await (await fetch(`${given.base}/.well-known/smart-configuration`)).json();
const medplum = new MedplumClient({ baseUrl: origin, fhirUrlPath: 'fhir', tokenUrl, cacheTime: 0 });
const said = (error) => error.outcome.issue[0].diagnostics ?? error.outcome.issue[0].details?.text;
const ifMatch = (version) => ({ headers: { 'If-Match': `W/"${version}"` } });
const asking = (number) => ({ 'patient.identifier': person(number) });
let task;
let second;

await run({
  'token for a signed JWT, by its own means': async () => {
    // It then asks for Medplum's own profile of the user, which no other server has.
    await medplum.startJwtAssertionLogin(given.assertion).catch(() => undefined);
    require(medplum.getAccessToken(), 'no token');
  },
  'discovery: CapabilityStatement': async () => {
    const stated = await medplum.get(medplum.fhirUrl('metadata'));
    require(stated.fhirVersion === '4.0.1', stated);
  },
  'search by NHS number': async () => {
    task = await medplum.searchOne('Task', asking(given.first));
    second = await medplum.searchOne('Task', asking(given.second));
    require(task.status === 'requested' && second.status === 'requested', task);
  },
  'read, and resolve a reference': async () => {
    require((await medplum.readResource('Task', task.id)).id === task.id, 'read');
    const patient = await medplum.readReference(task.for);
    require(patient.resourceType === 'Patient', patient);
  },
  'vread and history': async () => {
    require((await medplum.readVersion('Task', task.id, '1')).meta.versionId === '1', 'vread');
    require((await medplum.readHistory('Task', task.id)).entry.length === 1, 'history');
  },
  'paging: searchResourcePages': async () => {
    const { total } = await medplum.search('Task', { _summary: 'count' });
    const ids = new Set();
    for await (const page of medplum.searchResourcePages('Task', { _count: 1 })) {
      page.forEach((one) => ids.add(one.id));
    }
    require(ids.size === total && total > 1, [...ids]);
  },
  _include: async () => {
    const found = await medplum.search('Task', { ...asking(given.first), _include: 'Task:owner' });
    const kinds = found.entry.map((entry) => entry.resource.resourceType).sort();
    require(kinds.join() === 'Organization,Task', kinds);
  },
  'an update without If-Match says what is missing': async () => {
    const error = await refusal(() => medplum.updateResource({ ...task, status: 'accepted' }));
    require(said(error).includes('If-Match'), said(error));
  },
  'update with If-Match accepts the lead': async () => {
    const done = await medplum.updateResource({ ...task, status: 'accepted' }, ifMatch(1));
    require(done.status === 'accepted' && done.meta.versionId === '2', done);
  },
  '412 for a stale update, which says who leads': async () => {
    const error = await refusal(() => medplum.updateResource({ ...task, status: 'accepted' }, ifMatch(1)));
    require(said(error).includes(given.organisation), said(error));
  },
  'JSON Patch with If-Match accepts the lead': async () => {
    const operations = [{ op: 'replace', path: '/status', value: 'accepted' }];
    const done = await medplum.patchResource('Task', second.id, operations, ifMatch(1));
    require(done.status === 'accepted', done);
  },
  '404 is an OperationOutcome': async () => {
    const error = await refusal(() => medplum.readResource('Task', 'nothing'));
    require(error.outcome.resourceType === 'OperationOutcome', error.outcome);
  },
  'conditional create: createResourceIfNoneExist': async () => {
    const query = `identifier=${condition('M-1')}`;
    const once = await medplum.createResourceIfNoneExist(numbered('M-1'), query);
    const again = await medplum.createResourceIfNoneExist(numbered('M-1'), query);
    require(once.id === again.id && once.status === 'active', again);
  },
  'conditional update: upsertResource': async () => {
    const query = { identifier: condition('M-1') };
    const kept = await medplum.upsertResource({ ...numbered('M-1'), status: 'revoked' }, query);
    require(kept.status === 'revoked', kept);
  },
  batch: async () => {
    const entry = [{ request: { method: 'GET', url: `Task/${task.id}` } }];
    const done = await medplum.executeBatch({ resourceType: 'Bundle', type: 'batch', entry });
    require(done.entry[0].response.status === '200 OK', done);
  },
});
process.exit();
