// node-hl7-client: sends the messages of an assignment over one connection, and prints what it reads
// in each answer, a line of JSON each.
import { readFileSync } from 'node:fs';
import { Client, Message } from 'node-hl7-client';

const { host, port, messages } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let answered;
const connection = new Client({ host }).createConnection({ port }, (response) => answered(response));

for (const text of messages) {
  const answer = new Promise((resolve) => (answered = resolve));
  await connection.sendMessage(new Message({ text }));
  const message = (await answer).getMessage();
  const [code, control_id] = ['MSA.1', 'MSA.2'].map((field) => message.get(field).toString());
  console.log(JSON.stringify({ code, control_id }));
}
// Its close() leaves the socket open (3.2.0), which would keep this process.
process.exit(0);
