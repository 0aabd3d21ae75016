/** A slice of the soak. More of it: `npm run soak -- --rounds 100 --seed S`. */
import { loadavg } from 'node:os';
import { costOf } from '../../packages/bench/src/process-cost';
import { startTestStack, type TestStack, withLogs } from '../integration/framework';
import { IMAGES, type SoakReport, soak, type Verb } from './soak';

const SEED = Number(process.env.SOAK_SEED ?? 4711);
const ROUNDS = Number(process.env.SOAK_ROUNDS ?? 5);
const LATENCY_MS = 100;
const IN_FLIGHT = 20;
const ROUND_MS = 30_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

test(
  `paused, resumed and cancelled ${ROUNDS} times in a row`,
  async () => {
    const stack = await startTestStack({
      vision: { latencyMs: LATENCY_MS },
      appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) },
    });
    try {
      await withLogs(async () => {
        say(`soak: seed ${SEED}, ${ROUNDS} rounds over ${IMAGES} images, ${IN_FLIGHT} in flight`);
        const before = memory(stack);
        const report = await soak(stack, { rounds: ROUNDS, seed: SEED });
        for (const line of told(report)) say(line);
        say(`app memory ${before} to ${memory(stack)} MB; load ${loadavg()[0]?.toFixed(1)}`);
        expect(report.violations).toEqual([]);
        expect(report.repeated).toBe(0);
        for (const verb of ['pause', 'cancel']) {
          expect(report.words.filter((word) => word.verb === verb)).toHaveLength(ROUNDS);
        }
      });
    } finally {
      await stack.stop();
    }
  },
  120_000 + ROUNDS * ROUND_MS,
);

function told({ words, runs, completed, calls, repeated }: SoakReport): string[] {
  const row = (verb: Verb) => {
    const said = words.filter((word) => word.verb === verb);
    const lasts = said.map(({ late }) => late.at(-1) ?? 0);
    const lates = said.map(({ late }) => late.length);
    const cells = [said.map(({ answerMs }) => answerMs), said.map(({ settleMs }) => settleMs), lates, lasts].map(
      spread,
    );
    return `| ${[verb, said.length, ...cells].join(' | ')} |`;
  };
  return [
    '| word | said | answered, ms (p50/p99/max) | settled, ms | calls begun after the answer | the last of them, ms |',
    '|---|---|---|---|---|---|',
    row('pause'),
    row('cancel'),
    `${runs} runs, ${completed} got through and were judged; ${calls} calls, ${repeated} repeated`,
  ];
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return `${at(0.5)}/${at(0.99)}/${at(1)}`;
}

function memory(stack: TestStack): number {
  const pid = stack.pid('app');
  return Math.round((pid === undefined ? 0 : (costOf(pid)?.rssBytes ?? 0)) / 1024 / 1024);
}
