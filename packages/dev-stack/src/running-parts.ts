/** The parts of one stack while it runs: their records on disk, what one part's start asks of another, their stop. */
import { type Endpoints, endpointsOf, writeEndpoints } from './endpoints';
import { forgetProcesses, recordProcesses, runningOf, startGuardian } from './leftovers';
import { rotate } from './log-file';
import { createPart, LostPort, type Part, type PartDefinition, type PartEvent, type PartName } from './part';
import { isCompiled, type PartContext } from './parts';
import { Problem } from './problem';

const ALL_PARTS: readonly PartName[] = [
  'app',
  'daprd',
  'pubsub',
  'placement',
  'scheduler',
  'azurite',
  'cosmos',
  'vision',
];

export interface RunningPartsOptions {
  /** Whether parts that die are started again. */
  readonly restarts: boolean;
  readonly report: (event: PartEvent) => void;
}

export class RunningParts {
  /** Settles when a part was given up for good. */
  readonly givenUp: Promise<Problem>;
  private readonly giveUp: (problem: Problem) => void;
  private readonly parts = new Map<PartName, Part>();
  private readonly guardian: { end(): void };
  /** Every part has had a process. */
  private isComplete = false;

  constructor(
    private readonly context: PartContext,
    private readonly options: RunningPartsOptions,
  ) {
    let giveUp: (problem: Problem) => void = () => undefined;
    this.givenUp = new Promise((resolve) => {
      giveUp = resolve;
    });
    this.giveUp = giveUp;
    this.guardian = startGuardian(context.home);
  }

  /** @throws Problem when its program is not built */
  add(definition: PartDefinition): Part {
    if (!isCompiled(definition)) {
      throw new Problem(`${definition.name} is not built.`, 'Run `npm run build`, and read what it says.');
    }
    rotate(definition.logFile);
    const { restarts } = this.options;
    const part = createPart(definition, { restarts, report: (event) => this.onEvent(event) });
    this.parts.set(definition.name, part);
    return part;
  }

  get all(): readonly Part[] {
    return [...this.parts.values()];
  }

  /** @throws Error when the stack has no such part */
  part(name: PartName): Part {
    const part = this.parts.get(name);
    if (!part) throw new Error(`This stack has no ${name}.`);
    return part;
  }

  endpoints(): Endpoints {
    const { ports, env, services } = this.context;
    const pids = ALL_PARTS.map((name) => [name, this.parts.get(name)?.pid() ?? null]);
    return endpointsOf(ports, { ...env, ...services }, Object.fromEntries(pids) as Endpoints['pids']);
  }

  /** Writes which processes run, for a launcher that has to end them, and where they listen. */
  record(): void {
    const running = this.all.flatMap(runningOf);
    const { home } = this.context;
    recordProcesses(home, running);
    this.isComplete ||= running.length === this.parts.size;
    if (this.isComplete) writeEndpoints(home, this.endpoints()); // I4
  }

  async stop(): Promise<void> {
    await this.parts.get('app')?.stop(); // I2
    await this.parts.get('daprd')?.stop();
    await Promise.all(this.all.map((part) => part.stop()));
    forgetProcesses(this.context.home);
    this.guardian.end();
  }

  private onEvent(event: PartEvent): void {
    if (event.kind === 'started') setImmediate(() => this.record());
    if (event.kind === 'ready' && event.name === 'pubsub') this.parts.get('daprd')?.kill('SIGTERM'); // I5
    if (event.kind === 'given-up') {
      if (event.problem instanceof LostPort && this.isComplete) this.context.home.forgetTokens();
      this.giveUp(event.problem);
    }
    this.options.report(event);
  }
}
