import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../domain/errors';

interface Turn {
  readonly fence: Fence;
  readonly actor: string;
  /** What it is writing now; settles with the write. */
  writing: Promise<unknown>;
}

/** One for all fences: on Node 20 each storage in use costs something for every promise, and is never let go. */
const own = new AsyncLocalStorage<Turn>();

/**
 * The fence of the actors that this process hosts. The sidecar gives each actor one turn at a time, and forgets a turn that
 * waits for an answer when it dies or hands its actors over. The next turn may then begin in this very process, and the
 * forgotten one would write over it what it had read before it waited.
 *
 * I1 Of two turns of one actor the earlier writes nothing once the later has begun.
 * I2 A turn begins when what an earlier one was writing is written, or refused.
 */
export class Fence {
  private readonly newest = new Map<string, Turn>();

  async take<T>(actor: string, work: () => Promise<T>): Promise<T> {
    const earlier = this.newest.get(actor);
    const turn: Turn = { fence: this, actor, writing: Promise.resolve() };
    this.newest.set(actor, turn);
    try {
      await earlier?.writing; // I2
      return await own.run(turn, work);
    } finally {
      if (this.newest.get(actor) === turn) this.newest.delete(actor);
    }
  }

  /** @throws AppError actor-failed in a turn that was forgotten (I1) */
  async write(work: () => Promise<void>): Promise<void> {
    const turn = own.getStore();
    if (turn?.fence !== this) return work();
    if (this.newest.get(turn.actor) !== turn) {
      const message = `A later turn of ${turn.actor} has begun: this one was forgotten and writes nothing.`;
      throw new AppError('actor-failed', message, { retryable: true });
    }
    const writing = work();
    turn.writing = writing.catch(() => undefined);
    return writing;
  }
}
