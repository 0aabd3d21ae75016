import type { RunRequest, RunView } from '../../../src/domain/run/run';
import { type Control, isHeld } from '../../../src/domain/run/facts';
import { ACTIVITIES } from '../../../src/names';
import type { Engine, InMemoryPipeline } from './in-memory-pipeline';

export interface SimulatedRun {
  readonly run: RunView;
  readonly verdict: { readonly clean: boolean; readonly differences: number };
}

const CHUNKS_IN_FLIGHT = 4;
const ENOUGH_ROUNDS = 50;

/** A run as the two workflows make it, without the engine's replay. `replicasOf` says where a chunk is delivered. */
export async function simulateRun(
  pipeline: InMemoryPipeline,
  engine: Engine,
  request: RunRequest,
  replicasOf: (delivery: number) => readonly number[] = () => [0],
): Promise<SimulatedRun> {
  const scope = { runId: request.id, container: request.container, prefix: request.prefix };
  await pipeline.actors.container(request.container).beginRun({ runId: request.id });
  await pipeline.actors.run(request.id).begin(request);
  await engine.step(ACTIVITIES.setPhase, { ...scope, phase: 'snapshot' });
  let pages = 0;
  for (let last = false; !last; pages += 1) {
    const page = await engine.step<{ last: boolean; control: string }>(ACTIVITIES.listPage, { ...scope, page: pages });
    last = page.last || isStopped(page.control);
  }
  await engine.step(ACTIVITIES.writeQuote, scope);
  let { control } = await engine.step<{ control: Control }>(ACTIVITIES.setPhase, { ...scope, phase: 'analyze' });
  let delivery = 0;
  for (let round = 0; !isStopped(control); round++) {
    if (round > ENOUGH_ROUNDS) throw new Error('the run never ends');
    const complete = await analyzePages(engine, scope, pages, () => replicasOf(delivery++));
    if (complete) break;
    ({ control } = await engine.step<{ control: Control }>(ACTIVITIES.markPaused, scope));
    if (isHeld({ control })) await pipeline.clock.sleep(500);
  }
  await engine.step(ACTIVITIES.setPhase, { ...scope, phase: 'finish' });
  const verdict = await engine.step<SimulatedRun['verdict']>(ACTIVITIES.verifyTotals, scope);
  await engine.step(ACTIVITIES.closeRun, scope);
  await engine.step(ACTIVITIES.announce, { ...scope, event: 'run-completed' });
  await engine.step(ACTIVITIES.cleanRun, { ...scope, pages });
  const run = await pipeline.runs.get(request.id);
  if (!run) throw new Error('the run is not in the index');
  return { run, verdict };
}

async function analyzePages(
  engine: Engine,
  scope: { readonly runId: string; readonly container: string; readonly prefix: string },
  pages: number,
  replicas: () => readonly number[],
): Promise<boolean> {
  let complete = true;
  for (let page = 0; page < pages; page++) {
    const { chunks } = await engine.step<{ chunks: number }>(ACTIVITIES.openPage, { ...scope, page });
    let next = 0;
    let left = chunks;
    const worker = async () => {
      while (next < 31) {
        const chunk = next++;
        if ((chunks & (1 << chunk)) === 0) continue;
        const input = { ...scope, ref: { runId: scope.runId, page, chunk } };
        const result = await engine.twice<{ complete: boolean }>(ACTIVITIES.analyzeChunk, input, replicas());
        if (!result.complete) return;
        left &= ~(1 << chunk);
      }
    };
    await Promise.all(Array.from({ length: CHUNKS_IN_FLIGHT }, worker));
    if (left === 0) await engine.step(ACTIVITIES.cleanPage, { ...scope, page });
    else complete = false;
  }
  return complete;
}

function isStopped(control: string): boolean {
  return control === 'cancel' || control === 'fail';
}
