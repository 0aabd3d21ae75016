import type { Outcome } from '../../src/domain/outcome';
import { answerTo } from '../../src/workflows/sdk';
import { type Action, events, type HistoryEvent, Instance, type NamedWorkflow } from './harness';

/** What a step answers: a value for the workflow, or an Error where the engine itself lost the step. */
export type Answer = Outcome<unknown> | Error;

export interface Step {
  readonly instanceId: string;
  readonly name: string;
  readonly input: object;
  /** How often this very step was asked for, from 1. */
  readonly attempt: number;
}

export interface EngineOptions {
  readonly workflows: readonly NamedWorkflow[];
  readonly activity: (step: Step) => Answer;
  /** Answers for children; without it children of a known workflow really run. */
  readonly child?: (step: Step & { readonly childId: string }) => Answer;
  /** Which of `n` things that could happen next happens: 0..n-1. Default: the oldest. */
  readonly pick?: (n: number) => number;
  /** How many of them one turn sees. Default 1. */
  readonly batch?: () => number;
  /**
   * This many answers are delivered twice, every third one. A late answer costs a row, the turn that saw it, so a
   * generation has room for eight.
   */
  readonly doubled?: number;
}

interface Ready {
  readonly instanceId: string;
  readonly event: HistoryEvent;
}

/** A small engine: many instances, answers in any order, time that jumps to the next timer when nothing else can happen. */
export class SimulatedEngine {
  readonly instances = new Map<string, Instance>();
  readonly steps: Step[] = [];
  readonly startedChildren: string[] = [];
  /** Most activities and children in flight at once in one instance. */
  readonly widest = new Map<string, number>();
  nowMs = Date.UTC(2026, 0, 1);
  private answers = 0;
  private readonly ready: Ready[] = [];
  private readonly timers: (Ready & { readonly atMs: number; readonly generation: number })[] = [];
  private readonly parents = new Map<string, { readonly instanceId: string; readonly taskId: number }>();
  private readonly inFlight = new Map<string, number>();
  private readonly attempts = new Map<string, number>();

  constructor(private readonly options: EngineOptions) {}

  async start(name: string, id: string, input: unknown): Promise<Instance> {
    const instance = new Instance(this.options.workflows, name, id, input);
    this.instances.set(id, instance);
    await this.turn(instance);
    return instance;
  }

  instance(id: string): Instance {
    const instance = this.instances.get(id);
    if (!instance) throw new Error(`no instance ${id}`);
    return instance;
  }

  async raise(id: string, name: string, payload: unknown = {}): Promise<void> {
    this.instance(id).deliver(events.raised(name, payload));
    await this.turn(this.instance(id));
  }

  /** Lets things happen until `stop` says so, or the instance has ended. @throws when nothing can happen any more */
  async run(id: string, stop: () => boolean = () => false): Promise<Instance> {
    const root = this.instance(id);
    for (let turns = 0; !root.end && !stop(); turns++) {
      if (turns > 20_000) throw new Error(`${id} does not end`);
      if (!(await this.next())) throw new Error(`${id} waits for ever`);
    }
    return root;
  }

  /** Nothing is left but timers. */
  get idle(): boolean {
    return this.ready.length === 0;
  }

  private async next(): Promise<boolean> {
    const { pick = () => 0, batch = () => 1 } = this.options;
    if (this.ready.length === 0) return this.fire();
    const [first] = this.ready.splice(pick(this.ready.length), 1);
    if (!first) throw new Error('pick answered a number outside its range');
    const instance = this.instance(first.instanceId);
    this.land(first);
    for (let more = batch() - 1; more > 0; more--) {
      const index = this.ready.findIndex(({ instanceId }) => instanceId === first.instanceId);
      const [another] = index < 0 ? [] : this.ready.splice(index, 1);
      if (another) this.land(another);
    }
    await this.turn(instance);
    return true;
  }

  private async fire(): Promise<boolean> {
    this.timers.sort((a, b) => a.atMs - b.atMs);
    const timer = this.timers.shift();
    if (!timer) return false;
    const instance = this.instance(timer.instanceId);
    this.nowMs = Math.max(this.nowMs, timer.atMs);
    // The engine tells timers of earlier generations apart.
    if (timer.generation !== instance.generation) return true;
    instance.deliver(timer.event);
    await this.turn(instance);
    return true;
  }

  private land({ instanceId, event }: Ready): void {
    this.instance(instanceId).deliver(event);
    this.inFlight.set(instanceId, (this.inFlight.get(instanceId) ?? 0) - 1);
  }

  private async turn(instance: Instance): Promise<void> {
    if (!instance.waiting) return;
    this.nowMs += 1;
    const actions = await instance.turn(new Date(this.nowMs));
    for (const action of actions) await this.carryOut(instance, action);
  }

  private async carryOut(instance: Instance, action: Action): Promise<void> {
    const instanceId = instance.id;
    switch (action.kind) {
      case 'activity': {
        const step = this.step(instanceId, action.name, action.input);
        const answer = named(action.input, this.options.activity(step));
        const { id } = action;
        this.answer(
          instanceId,
          answer instanceof Error ? events.taskFailed(id, answer) : events.taskCompleted(id, answer),
        );
        return;
      }
      case 'child': {
        const { child } = this.options;
        const running = this.instances.get(action.instanceId);
        const step = this.step(instanceId, action.name, action.input);
        if (child) {
          this.startedChildren.push(action.instanceId);
          this.answerChild(instanceId, action.id, named(action.input, child({ ...step, childId: action.instanceId })));
          return;
        }
        if (running && !running.end) {
          // As the engine: an id in use fails the new child and leaves the old one alone.
          this.answerChild(instanceId, action.id, new Error(`${action.instanceId} already exists`));
          return;
        }
        this.startedChildren.push(action.instanceId);
        this.began(instanceId);
        this.parents.set(action.instanceId, { instanceId, taskId: action.id });
        await this.start(action.name, action.instanceId, action.input);
        return;
      }
      case 'timer': {
        const event = events.timerFired(action.id, new Date(action.fireAtMs));
        this.timers.push({ instanceId, event, atMs: action.fireAtMs, generation: instance.generation });
        return;
      }
      case 'completed':
      case 'failed': {
        const parent = this.parents.get(instanceId);
        if (!parent) return;
        const answer = action.kind === 'completed' ? (action.output as Answer) : new Error(action.message);
        this.ready.push({ instanceId: parent.instanceId, event: childEvent(parent.taskId, answer) });
        return;
      }
      case 'continued':
        throw new Error('a continue-as-new ends within its turn');
    }
  }

  private step(instanceId: string, name: string, input: unknown): Step {
    const { step: _, ...asked } = input as { readonly step?: string };
    const key = JSON.stringify([instanceId, name, asked]);
    const attempt = (this.attempts.get(key) ?? 0) + 1;
    this.attempts.set(key, attempt);
    const step = { instanceId, name, input: asked, attempt };
    this.steps.push(step);
    return step;
  }

  private answerChild(instanceId: string, taskId: number, answer: Answer): void {
    this.answer(instanceId, childEvent(taskId, answer));
  }

  private answer(instanceId: string, event: HistoryEvent): void {
    this.began(instanceId);
    this.ready.push({ instanceId, event });
    this.answers += 1;
    const { doubled = 0 } = this.options;
    if (this.answers % 3 === 0 && this.answers <= 3 * doubled) this.ready.push({ instanceId, event });
  }

  private began(instanceId: string): void {
    const count = (this.inFlight.get(instanceId) ?? 0) + 1;
    this.inFlight.set(instanceId, count);
    this.widest.set(instanceId, Math.max(this.widest.get(instanceId) ?? 0, count));
  }
}

/** As every real activity does. */
function named(input: unknown, answer: Answer): Answer {
  return answer instanceof Error ? answer : answerTo(input, answer);
}

function childEvent(taskId: number, answer: Answer): HistoryEvent {
  return answer instanceof Error ? events.childFailed(taskId, answer) : events.childCompleted(taskId, answer);
}

/** Numbers a property draws, as decisions: the same list, the same run. */
export function decisions(numbers: readonly number[]): (n: number) => number {
  let next = 0;
  return (n) => ((numbers[next++ % Math.max(1, numbers.length)] ?? 0) >>> 0) % n;
}
