// What ../cases.py does, for the programs in JavaScript.
import { readFileSync } from 'node:fs';

/** The assignment in the file that the command line names. */
export const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** Takes an NHS number; returns it as a token of a search. */
export const person = (number) => `${given.nhs_number_system}|${number}`;

/** Takes the client's own number; returns the concern under it. */
export function numbered(number) {
  const system = `https://${given.organisation.toLowerCase()}.example/concerns`;
  return { ...given.concern, identifier: [{ system, value: number }] };
}

/** Takes the client's own number; returns the condition that names it. */
export const condition = (number) => {
  const [identifier] = numbered(number).identifier;
  return `${identifier.system}|${identifier.value}`;
};

/** Takes whether something is as it should be, and what it is; throws where it is not. */
export function require(isSo, what) {
  if (!isSo) throw new Error(`not as it should be: ${JSON.stringify(what)}`);
}

/** Takes work that has to be refused; returns the error. */
export async function refusal(work) {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

/** Takes the cases, name to function, in order; does each and prints how it went. */
export async function run(cases) {
  for (const [name, work] of Object.entries(cases)) {
    const said = { case: name };
    try {
      await work();
    } catch (error) {
      console.error(error);
      said.failed = `${error.name}: ${error.message}`.slice(0, 2000);
    }
    console.log(JSON.stringify(said));
  }
}
