// fhir-kit-client (npm, Vermonster), used as its README shows.
import { Client } from 'fhir-kit-client';
import { condition, given, numbered, person, refusal, require, run } from './cases.mjs';

const client = new Client({ baseUrl: given.base });
const outcome = (error) => error.response.data.issue[0].diagnostics;
const ifMatch = (version) => ({ headers: { 'If-Match': `W/"${version}"` } });
const search = (number, more = {}) =>
  client.search({ resourceType: 'Task', searchParams: { 'patient.identifier': person(number), ...more } });
let task;
let second;

await run({
  'discovery: smartAuthMetadata and CapabilityStatement': async () => {
    const metadata = await client.smartAuthMetadata();
    const address = metadata.tokenUrl ?? JSON.parse(JSON.stringify(metadata)).tokenUrl;
    require(String(address).startsWith(new URL(given.base).origin), metadata);
    require((await client.capabilityStatement()).fhirVersion === '4.0.1', 'metadata');
  },
  'without a token: 401 with an OperationOutcome': async () => {
    const error = await refusal(() => search(given.first));
    require(error.response.status === 401 && outcome(error), error.response);
  },
  'search by NHS number': async () => {
    client.bearerToken = given.token;
    const found = await search(given.first);
    task = found.entry[0].resource;
    second = (await search(given.second)).entry[0].resource;
    require(found.entry.length === 1 && task.status === 'requested', found);
  },
  'read, and resolve a reference': async () => {
    const same = await client.read({ resourceType: 'Task', id: task.id });
    require(same.meta.versionId === task.meta.versionId, same);
    const patient = await client.resolve({ reference: task.for.reference });
    require(patient.resourceType === 'Patient', patient);
  },
  vread: async () => {
    const one = await client.vread({ resourceType: 'Task', id: task.id, version: '1' });
    require(one.meta.versionId === '1', one);
  },
  'history of a resource and of a type': async () => {
    const versions = await client.history({ resourceType: 'Task', id: task.id });
    require(versions.entry.length === 1, versions);
    require((await client.typeHistory({ resourceType: 'Task' })).entry.length > 1, 'type');
  },
  'paging: nextPage and prevPage': async () => {
    const searchParams = { _count: 1, _total: 'accurate' };
    const ids = new Set();
    let before;
    let page = await client.search({ resourceType: 'Task', searchParams });
    const { total } = page;
    for (; page; page = await client.nextPage({ bundle: page })) {
      page.entry.forEach((entry) => ids.add(entry.resource.id));
      before = page;
    }
    require(ids.size === total && total > 1, [...ids]);
    require((await client.prevPage({ bundle: before })).entry.length === 1, 'prevPage');
  },
  _include: async () => {
    const found = await search(given.first, { _include: 'Task:owner' });
    const kinds = found.entry.map((entry) => entry.resource.resourceType).sort();
    require(kinds.join() === 'Organization,Task', kinds);
  },
  'conditional read: 304': async () => {
    const options = { headers: { 'If-None-Match': `W/"${task.meta.versionId}"` } };
    const answer = await client.read({ resourceType: 'Task', id: task.id, options }).catch((e) => e);
    const { response } = answer instanceof Error ? answer : Client.httpFor(answer);
    require(response.status === 304, response.status);
  },
  'an update without If-Match says what is missing': async () => {
    const body = { ...task, status: 'accepted' };
    const error = await refusal(() => client.update({ resourceType: 'Task', id: task.id, body }));
    require(error.response.status === 428 && outcome(error).includes('If-Match'), outcome(error));
  },
  'update with If-Match accepts the lead': async () => {
    const body = { ...task, status: 'accepted' };
    const done = await client.update({ resourceType: 'Task', id: task.id, body, options: ifMatch(1) });
    require(done.status === 'accepted' && done.meta.versionId === '2', done);
  },
  '412 for a stale update, which says who leads': async () => {
    const body = { ...task, status: 'accepted' };
    const error = await refusal(() =>
      client.update({ resourceType: 'Task', id: task.id, body, options: ifMatch(1) }));
    require(error.response.status === 412 && outcome(error).includes(given.organisation), outcome(error));
  },
  'JSON Patch with If-Match accepts the lead': async () => {
    const jsonPatch = [{ op: 'replace', path: '/status', value: 'accepted' }];
    const done = await client.patch({ resourceType: 'Task', id: second.id, jsonPatch, options: ifMatch(1) });
    require(done.status === 'accepted', done);
  },
  '404 is an OperationOutcome': async () => {
    const error = await refusal(() => client.read({ resourceType: 'Task', id: 'nothing' }));
    require(error.response.status === 404 && outcome(error), error.response);
  },
  'conditional create: If-None-Exist': async () => {
    const options = { headers: { 'If-None-Exist': `identifier=${condition('K-1')}` } };
    const create = () => client.create({ resourceType: 'ServiceRequest', body: numbered('K-1'), options });
    const [once, again] = [await create(), await create()];
    require(once.id === again.id, again);
    const statuses = [once, again].map((one) => Client.httpFor(one).response.status);
    require(statuses.join() === '201,200', statuses);
  },
  'conditional update takes the concern back': async () => {
    const searchParams = { identifier: condition('K-1') };
    const body = { ...numbered('K-1'), status: 'revoked' };
    const kept = await client.update({ resourceType: 'ServiceRequest', searchParams, body });
    require(kept.status === 'revoked', kept);
  },
  transaction: async () => {
    const entry = [
      {
        fullUrl: 'urn:uuid:6f0e9a3c-7c51-4f5e-9d0b-1f2c3d4e5f60',
        resource: numbered('K-2'),
        request: { method: 'POST', url: 'ServiceRequest', ifNoneExist: `identifier=${condition('K-2')}` },
      },
      { request: { method: 'GET', url: `Task/${task.id}` } },
    ];
    const body = { resourceType: 'Bundle', type: 'transaction', entry };
    const done = await client.transaction({ body });
    require(done.entry.map((one) => one.response.status).join() === '201 Created,200 OK', done);
  },
  'batch: each entry by itself': async () => {
    const entry = [
      { request: { method: 'GET', url: 'Task/nothing' } },
      { request: { method: 'GET', url: `Task/${task.id}` } },
    ];
    const done = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry } });
    require(done.entry.map((one) => one.response.status.slice(0, 3)).join() === '404,200', done);
  },
  'operation: $validate': async () => {
    const said = await client.operation({ name: 'validate', resourceType: 'Task', input: task });
    require(said.resourceType === 'OperationOutcome', said);
  },
});
