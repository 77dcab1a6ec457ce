// fhirclient (npm, SMART Health IT), used as its documentation shows for servers without a browser.
import { createRequire } from 'node:module';
import { condition, given, numbered, person, refusal, require, run } from './cases.mjs';

const { FhirClient } = createRequire(import.meta.url)('fhirclient');
const client = new FhirClient(given.base);
const headers = { authorization: `Bearer ${given.token}` };
const ask = (path, more = {}) => client.fhirRequest(path, { headers, ...more });
const asking = (number) => `Task?patient.identifier=${encodeURIComponent(person(number))}`;
const ifMatch = (version) => ({ headers: { ...headers, 'If-Match': `W/"${version}"` } });
let task;
let second;

await run({
  'discovery: version and release': async () => {
    require((await client.getFhirVersion()) === '4.0.1', 'version');
    require((await client.getFhirRelease()) === 4, 'release');
  },
  'without a token: an error that says so': async () => {
    const error = await refusal(() => client.fhirRequest(asking(given.first)));
    require(error.statusCode === 401, error.message);
  },
  'search by NHS number': async () => {
    task = (await ask(asking(given.first))).entry[0].resource;
    second = (await ask(asking(given.second))).entry[0].resource;
    require(task.status === 'requested', task);
  },
  'read, vread and history': async () => {
    require((await ask(`Task/${task.id}`)).id === task.id, 'read');
    require((await ask(`Task/${task.id}/_history/1`)).meta.versionId === '1', 'vread');
    require((await ask(`Task/${task.id}/_history`)).entry.length === 1, 'history');
  },
  'references resolved': async () => {
    const one = await ask(`Task/${task.id}`);
    await client.resolveReferences(one, ['for', 'owner'], { headers });
    require(one.for.resourceType === 'Patient' && one.owner.resourceType === 'Organization', one);
  },
  'paging: pages and resources': async () => {
    const { total } = await ask('Task?_summary=count');
    const ids = new Set();
    for await (const one of client.resources('Task?_count=1', { headers })) ids.add(one.id);
    require(ids.size === total && total > 1, [...ids]);
  },
  _include: async () => {
    const found = await ask(`${asking(given.first)}&_include=Task:owner`);
    const kinds = found.entry.map((entry) => entry.resource.resourceType).sort();
    require(kinds.join() === 'Organization,Task', kinds);
  },
  'an update without If-Match says what is missing': async () => {
    const error = await refusal(() => client.update({ ...task, status: 'accepted' }, { headers }));
    require(error.statusCode === 428 && error.message.includes('If-Match'), error.message);
  },
  'update with If-Match accepts the lead': async () => {
    const done = await client.update({ ...task, status: 'accepted' }, ifMatch(1));
    require(done.status === 'accepted' && done.meta.versionId === '2', done);
  },
  '412 for a stale update, which says who leads': async () => {
    const error = await refusal(() => client.update({ ...task, status: 'accepted' }, ifMatch(1)));
    require(error.statusCode === 412 && error.message.includes(given.organisation), error.message);
  },
  'JSON Patch with If-Match accepts the lead': async () => {
    const patch = [{ op: 'replace', path: '/status', value: 'accepted' }];
    const done = await client.patch(`Task/${second.id}`, patch, ifMatch(1));
    require(done.status === 'accepted', done);
  },
  '404 says what is wrong': async () => {
    const error = await refusal(() => ask('Task/nothing'));
    require(error.statusCode === 404 && error.message.includes('no such resource'), error.message);
  },
  'conditional create: If-None-Exist': async () => {
    const more = { headers: { ...headers, 'If-None-Exist': `identifier=${condition('J-1')}` } };
    const [once, again] = [await client.create(numbered('J-1'), more), await client.create(numbered('J-1'), more)];
    require(once.id === again.id && once.status === 'active', again);
  },
});
