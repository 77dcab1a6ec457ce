// @medplum/hl7: sends the messages of an assignment over one connection, and prints what it reads in
// each answer, a line of JSON each.
import { readFileSync } from 'node:fs';
import { Hl7Message } from '@medplum/core';
import { Hl7Client } from '@medplum/hl7';

const { host, port, messages } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const client = new Hl7Client({ host, port, keepAlive: true });

for (const message of messages) {
  const answer = await client.sendAndWait(Hl7Message.parse(message));
  const msa = answer.getSegment('MSA');
  const [code, control_id] = [1, 2].map((field) => msa.getField(field).toString());
  console.log(JSON.stringify({ code, control_id }));
}
await client.close();
