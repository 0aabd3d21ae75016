/**
 * A slice of the kill matrix: eight cells that hit every process of a stack once.
 * More of it: `npm run chaos -- --seed S --n N`; one cell again: `npm run chaos -- --seed S --only INDEX`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { seedContainer } from '../../packages/bench/src/seed-container';
import { startTestStack, type TestStack } from '../integration/framework';
import { CELLS_A_STACK, type Cell, seededCells, nameOf, stacksOf } from './kill-matrix';
import { IMAGES, IN_FLIGHT, LATENCY_MS, playCell } from './kill-scenario';

const SEED = Number(process.env.CHAOS_SEED ?? 10878);
const COUNT = Number(process.env.CHAOS_CELLS ?? 8);
const ONLY = process.env.CHAOS_ONLY;
/** Azurite writes its index every 5 s, and may forget what it acknowledged since. */
const AZURITE_FORGETS_MS = 6_000;
const CELL_MS = 200_000;

const cells = ONLY === undefined ? seededCells(SEED, COUNT) : seededCells(SEED, Number(ONLY) + 1).slice(-1);
const say = (line: string) => process.stdout.write(`${line}\n`);

say(`kill matrix: seed ${SEED}, ${cells.length} cells; one again: npm run chaos -- --seed ${SEED} --only INDEX`);

test.each(stacksOf(cells).map((each) => ({ each, first: each[0]?.index, last: each.at(-1)?.index })))(
  'cells $first to $last',
  async ({ each }) => expect(await playAll(each)).toEqual([]),
  Math.min(cells.length, CELLS_A_STACK) * CELL_MS + 120_000,
);

/** Returns what was wrong. A stack on which a cell failed is not used again. */
async function playAll(all: readonly Cell[]): Promise<string[]> {
  const wrong: string[] = [];
  let left = [...all];
  while (left.length > 0) {
    const stack = await startTestStack({
      vision: { latencyMs: LATENCY_MS },
      appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) },
    });
    try {
      left = await playOn(stack, left, wrong);
    } finally {
      await stack.stop();
    }
  }
  return wrong;
}

async function playOn(stack: TestStack, all: readonly Cell[], wrong: string[]): Promise<Cell[]> {
  const left = [...all];
  for (const { index } of left) await seedContainer(stack.endpoints.blobConnectionString, `cell-${index}`, IMAGES);
  if (left.some(({ target }) => target === 'azurite')) await pause(AZURITE_FORGETS_MS);
  for (let cell = left.shift(); cell; cell = left.shift()) {
    const { callsBefore, phaseSeen, silenceMs, endMs, repeated, violations } = await playCell(
      stack,
      cell,
      `cell-${cell.index}`,
    );
    say(
      `${nameOf(cell)} in ${phaseSeen} at ${callsBefore} calls: silent ${silenceMs} ms, end after ${endMs} ms, ` +
        `${repeated} repeated: ${violations.length === 0 ? 'right' : 'WRONG'}`,
    );
    for (const violation of violations) {
      say(`    ${violation}`);
      wrong.push(`seed ${SEED}, ${nameOf(cell).trim()}: ${violation}`);
    }
    if (violations.length > 0) break;
    for (const part of ['app', 'daprd', 'pubsub', cell.target] as const) await stack.ready(part);
  }
  return left;
}
