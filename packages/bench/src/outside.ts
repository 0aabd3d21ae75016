/**
 * `npm run outside -- [--all] [--kind folders,ids] [--only TEXT]`: what people outside have met, each input on a whole
 * stack, and whether the outcome is right.
 *
 * Without `--all` it leaves out what takes more than 20 s a case. `--only` plays cases whose name has the text. Prints a
 * line for each case and a table by kind. Exit code 1 when a case is wrong, 2 for an unknown kind.
 */
import { BlobServiceClient } from '@azure/storage-blob';
import { parseArgs } from 'node:util';
import { azuriteConnectionString } from '@contactsheet/dev-stack';
import { withStack } from './bench-stack';
import { startFaultProxy } from './fault-proxy';
import { KINDS, type Kind, type OutsideCase } from './outside/outside-case';
import { OUTSIDE_CASES } from './outside/outside-cases';
import type { Ground } from './outside/place';
import { lineOf, type Played, play } from './outside/play';
import { runAsProgram } from './program';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      all: { type: 'boolean', default: false },
      kind: { type: 'string', default: Object.keys(KINDS).join(',') },
      only: { type: 'string', default: '' },
    },
  });
  const kinds = values.kind.split(',');
  const unknown = kinds.find((kind) => !Object.hasOwn(KINDS, kind));
  if (unknown !== undefined) {
    say(`There is no kind "${unknown}". Kinds: ${Object.keys(KINDS).join(', ')}.`);
    return 2;
  }
  const cases = OUTSIDE_CASES.filter(
    ({ kind, name, isSlow = false }) =>
      kinds.includes(kind) && name.includes(values.only) && (values.all || !isSlow || values.only !== ''),
  );
  const played: Played[] = [];
  await onGround(async (ground) => {
    for (const one of cases) {
      const seen = await play(one, ground);
      say(lineOf(seen));
      played.push(seen);
    }
  });
  return report(played, cases);
}

/** A stack whose storage can be made to misbehave. */
async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const storage = await startFaultProxy();
  const port = Number(new URL(storage.url).port);
  const appEnv = { AZURE_STORAGE_CONNECTION_STRING: azuriteConnectionString({ blob: port, queue: port }) };
  try {
    await withStack(
      {},
      async (stack) => {
        storage.forwardTo(BlobServiceClient.fromConnectionString(stack.endpoints().blobConnectionString).url);
        await work({ endpoints: () => stack.endpoints(), storage });
      },
      { appEnv },
    );
  } finally {
    await storage.stop();
  }
}

/** Gives the exit code. */
function report(played: readonly Played[], cases: readonly OutsideCase[]): number {
  say('\n| kind | right | wrong |\n|---|---|---|');
  for (const [kind, title] of Object.entries(KINDS) as [Kind, string][]) {
    const own = played.filter((one) => one.case.kind === kind);
    const wrong = own.filter(({ isRight }) => !isRight);
    if (own.length > 0)
      say(`| ${title} | ${own.length - wrong.length} | ${wrong.map((one) => one.case.name).join('; ') || 'none'} |`);
  }
  const left = OUTSIDE_CASES.length - cases.length;
  if (left > 0) say(`\n${left} cases were not played; --all plays the slow ones too.`);
  return played.every(({ isRight }) => isRight) && played.length > 0 ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

runAsProgram(main);
