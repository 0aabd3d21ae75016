import { type Attempt, MAX_ATTEMPTS } from './image';

/**
 * The attempts that a document keeps: at most MAX_ATTEMPTS, the last ones.
 *
 * I1 Nothing that the run at hand did is left uncounted, as its receipt is made of documents: where its story is too long,
 *    attempts that came to the same are told once, with their count, and those of earlier runs go first.
 */
export function keptAttempts(attempts: readonly Attempt[], runId: string): readonly Attempt[] {
  const own = attempts.filter((attempt) => attempt.runId === runId);
  const others = attempts.filter((attempt) => attempt.runId !== runId);
  return [...others, ...(own.length > MAX_ATTEMPTS ? folded(own) : own)].slice(-MAX_ATTEMPTS);
}

/** How many attempts this one stands for. */
export function times({ count = 1 }: Attempt): number {
  return count;
}

/** One of each stage and code, where the last of them was: the last one still says how it ended. */
function folded(attempts: readonly Attempt[]): readonly Attempt[] {
  const rows = new Map<string, Attempt>();
  for (const attempt of attempts) {
    const key = `${attempt.stage} ${attempt.code}`;
    const before = rows.get(key);
    rows.delete(key);
    rows.set(key, before ? joined(before, attempt) : attempt);
  }
  return [...rows.values()];
}

function joined(before: Attempt, attempt: Attempt): Attempt {
  const bytesDownloaded = (before.bytesDownloaded ?? 0) + (attempt.bytesDownloaded ?? 0);
  return {
    ...attempt,
    startedAt: before.startedAt,
    waitMs: before.waitMs + attempt.waitMs,
    workMs: before.workMs + attempt.workMs,
    ...(bytesDownloaded > 0 && { bytesDownloaded }),
    count: times(before) + times(attempt),
  };
}
