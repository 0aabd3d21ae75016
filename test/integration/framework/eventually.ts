import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { logTails } from './log-tails';

export interface Patience {
  /** In words, for the message: "the run ends". */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Asks until the answer is truthy and returns it. A throwing question counts as no answer.
 *
 * @throws Error after the time is over, with the last answer or error and the last lines of every log.
 */
export async function eventually<T>(
  question: () => T | Promise<T>,
  { what, timeoutMs = 30_000, intervalMs = 100 }: Patience,
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
    await pause(intervalMs);
  }
  const shown = last instanceof Error ? last.message : inspect(last, { depth: 6, breakLength: 120 });
  throw new Error(`Within ${timeoutMs} ms not seen: ${what}. Last: ${shown}${logTails()}`);
}
