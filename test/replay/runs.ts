import type { ErrorCode } from '../../src/domain/errors';
import type { Control } from '../../src/domain/run/facts';
import { ACTIVITIES, WORKFLOWS } from '../../src/names';
import { newAnalyzeContainer } from '../../src/domain/run/analyze-container-state';
import { workflowDefinitions } from '../../src/workflows/register';
import type { RunScope } from '../../src/domain/run/run-scope';
import type { Answer, Step, EngineOptions } from './simulated-engine';
import { SimulatedEngine } from './simulated-engine';

export const RUN_ID = '0190a1b2c3d47e8f9a0b1c2d3e4f5061';
export const SCOPE = { runId: RUN_ID, container: 'photos', prefix: '' };

export const ok = (value: unknown = {}) => ({ ok: true, value }) as const;
export const failed = (retryable: boolean, code: ErrorCode = 'internal') =>
  ({ ok: false, error: { code, message: 'it broke', retryable } }) as const;

export interface RunScript {
  readonly pages: number;
  /** Chunks of a page that need work. Default 1. */
  readonly chunks?: (page: number) => number;
  /** What the owner wants at this moment. */
  readonly control?: () => Control;
  /** An answer other than the usual one. */
  readonly answer?: (step: Step) => Answer | undefined;
}

/** A run over made-up pages: every activity answers what the real one would. */
export function simulatedRun(script: RunScript, options: Partial<EngineOptions> = {}): SimulatedEngine {
  const control = script.control ?? (() => 'run' as const);
  const stopped = () => control() !== 'run';
  const usual = ({ name, input }: Step): Answer => {
    const { page = 0 } = input as { page?: number };
    switch (name) {
      case ACTIVITIES.listPage:
        return ok({ last: page + 1 >= script.pages, control: control() });
      case ACTIVITIES.openPage:
        return ok({ chunks: 2 ** (script.chunks?.(page) ?? 1) - 1 });
      case ACTIVITIES.analyzeChunk:
        return ok({ complete: !stopped() });
      case ACTIVITIES.closeRun:
        return ok({ failed: control() === 'fail' || 'failure' in input });
      default:
        return ok({ control: control() });
    }
  };
  return new SimulatedEngine({
    workflows: workflowDefinitions,
    activity: (step) => script.answer?.(step) ?? usual(step),
    ...options,
  });
}

export async function startRun(engine: SimulatedEngine, said: Partial<RunScope> = {}): Promise<void> {
  await engine.start(WORKFLOWS.analyzeContainer, RUN_ID, newAnalyzeContainer({ ...SCOPE, ...said }));
}

export async function runToEnd(script: RunScript, options: Partial<EngineOptions> = {}): Promise<SimulatedEngine> {
  const engine = simulatedRun(script, options);
  await startRun(engine);
  await engine.run(RUN_ID);
  return engine;
}

export function stepsOf(engine: SimulatedEngine, name: string): readonly Step[] {
  return engine.steps.filter((step) => step.name === name);
}

/** Names of the run's own steps, in order. */
export function stepNames(engine: SimulatedEngine): readonly string[] {
  return engine.steps.filter(({ instanceId }) => instanceId === RUN_ID).map(({ name }) => name);
}

/** Largest rows and operations of every instance, by generation. */
export function peaks(engine: SimulatedEngine): { rows: number; operations: number; generations: number } {
  const turns = [...engine.instances.values()].flatMap((instance) => instance.turns);
  return {
    rows: Math.max(...turns.map(({ rows }) => rows)),
    operations: Math.max(...turns.map(({ operations }) => operations)),
    generations: Math.max(...turns.map(({ generation }) => generation)),
  };
}
