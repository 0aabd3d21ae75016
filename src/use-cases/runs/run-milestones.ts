import type { Actors } from '../../actors';
import type { RunPhase } from '../../domain/run/run';
import type { RunIndex } from './run-index';

/** What the workflow of a run tells its actor, and then the indexes. Each is idempotent, and answers what the run is to do by now. */
export class RunMilestones {
  constructor(
    private readonly actors: Pick<Actors, 'run'>,
    private readonly index: Pick<RunIndex, 'write'>,
  ) {}

  /** Phases only go forward. */
  setPhase(runId: string, phase: RunPhase) {
    return this.indexed(runId, () => this.actors.run(runId).setPhase({ phase }));
  }

  /** Whether the owner has decided: only the clock can change the answer. `waitMs`: how long the question stands yet. */
  seekApproval(runId: string) {
    return this.indexed(runId, () => this.actors.run(runId).seekApproval());
  }

  /** All work has stopped for now. */
  paused(runId: string) {
    return this.indexed(runId, () => this.actors.run(runId).paused());
  }

  private async indexed<T>(runId: string, tell: () => Promise<T>): Promise<T> {
    const answer = await tell();
    await this.index.write(runId);
    return answer;
  }
}
