import fc from 'fast-check';
import { taken } from '../../../src/contract';
import { isFinal } from '../../../src/domain/run/run';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { judge } from '../../chaos/oracle';
import { ask as askBytes, hold } from '../../http/fuzz/answers';
import { OPERATIONS } from '../../http/fuzz/operations';
import { type Known, requestsOf, type Sent } from '../../http/fuzz/requests';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { ended, runToEnd, startRun } from '../main-job/client';

/** More of it: FUZZ_REQUESTS=5000 npm test -- --selectProjects integration -- load/fuzz */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 250);
const REQUEST_MS = 500;
const IMAGES = 12;

// What test/http/fuzz sends to a fake comes here to the whole: storage, database, actors, engine. It refuses, and works on.
test(
  `${REQUESTS} requests of all kinds: never 5xx, and the next run is right`,
  async () => {
    const stack = await startTestStack({ vision: { latencyMs: 5 } });
    try {
      await withLogs(async () => {
        for (const name of ['fuzzed', 'fuzzed-too']) {
          await seedContainer(stack.endpoints.blobConnectionString, name, IMAGES);
        }
        const { id } = await runToEnd(stack, 'fuzzed');
        const paused = await startRun(stack, 'fuzzed-too');
        await stack.client.pauseRun({ params: { id: paused } });
        const pids = [stack.pid('app'), stack.pid('daprd')];

        const statuses = new Map<number, number>();
        const port = Number(new URL(stack.endpoints.api).port);
        await fc.assert(
          fc.asyncProperty(anything([id, paused]), async (sent) => {
            const answer = await askBytes(port, sent);
            hold(sent, answer);
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          }),
          { numRuns: REQUESTS, endOnFailure: true },
        );
        process.stdout.write(`answers: ${[...statuses].sort().map((pair) => pair.join(' x '))}\n`);
        expect([stack.pid('app'), stack.pid('daprd')]).toEqual(pids);
        expect(failuresIn(stack.logs().app ?? '')).toEqual([]);

        await calm(stack);
        const last = await runToEnd(stack, 'fuzzed', { confirmShrink: true });
        const { violations } = await judge({ endpoints: stack.endpoints, container: 'fuzzed', runId: last.id });
        expect(violations).toEqual([]);
      });
    } finally {
      await stack.stop();
    }
  },
  180_000 + REQUESTS * REQUEST_MS,
);

function anything(ids: readonly string[]): fc.Arbitrary<Sent> {
  const known: Known = {
    container: ['fuzzed', 'fuzzed-too', 'contactsheet-manifests'],
    blob: ['photo-0000000.jpg', 'photo-9999999.jpg'],
    id: ids,
    event: ['approval'],
    orchestrator: ['O_ProccessImage'],
    newId: [],
    entity: ['ContainerActor'],
    every: ['PT15M'],
  };
  return fc.oneof(...OPERATIONS.map((operation) => requestsOf(operation, known)));
}

/** Lines of the app's log about requests that failed, or about anything worse. */
function failuresIn(log: string): string[] {
  return log.split('\n').filter((line) => /"level":(5|6)0|"level":"(error|fatal)"|^\s+at /.test(line));
}

/** Takes back what nonsense may have set: quota, watches, pauses. */
async function calm(stack: TestStack): Promise<void> {
  const unlimited = { ratePerSecond: null, monthlyTransactions: null, containerMonthlyTransactions: null };
  await stack.client.setQuota({ body: unlimited });
  for (const container of ['fuzzed', 'fuzzed-too']) await stack.client.removeWatch({ params: { container } });
  const { value } = taken(await stack.client.listRuns({ query: { maxpagesize: 100 } }));
  for (const { id } of value.filter(({ status }) => !isFinal(status))) {
    await stack.client.cancelRun({ params: { id } });
    await ended(stack, id);
  }
}
