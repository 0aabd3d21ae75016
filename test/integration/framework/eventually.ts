import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { logTails } from './log-tails';

export interface Patience {
  /** In words, for the message: "the run ends". */
  readonly what: string;
  readonly timeoutMs?: number;
  /** Between two looks. Default: 100 ms at first, then a tenth of what was waited for, 500 ms at most. */
  readonly intervalMs?: number;
}

const FIRST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 500;

/**
 * Asks until the answer is truthy and returns it. A throwing question counts as no answer.
 *
 * @throws Error after the time is over, with the last answer or error and the last lines of every log.
 */
export async function eventually<T>(
  question: () => T | Promise<T>,
  { what, timeoutMs = 30_000, intervalMs }: Patience,
): Promise<NonNullable<T>> {
  const began = Date.now();
  let last: unknown;
  for (;;) {
    try {
      const answer = await question();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() - began >= timeoutMs) break;
    await pause(intervalMs ?? intervalAfter(Date.now() - began));
  }
  const shown = last instanceof Error ? last.message : inspect(last, { depth: 6, breakLength: 120 });
  throw new Error(`Within ${timeoutMs} ms not seen: ${what}. Last: ${shown}${logTails()}`);
}

/** Looks cost the stack that is looked at: a long wait is looked at less often. */
function intervalAfter(waitedMs: number): number {
  return Math.min(LONGEST_INTERVAL_MS, Math.max(FIRST_INTERVAL_MS, waitedMs / 10));
}
