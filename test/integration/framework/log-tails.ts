import { tailOf } from '../../../packages/dev-stack/src/log-file';
import type { Stack } from '../../../packages/dev-stack/src/stack';

/** The stacks that run in this test file now. */
const running = new Set<Stack>();

export function watchLogs(stack: Stack): () => void {
  running.add(stack);
  return () => running.delete(stack);
}

/** The last lines of every log of every stack that runs, to be put behind the message of a failure. */
export function logTails(lines = 12): string {
  const tails = [...running].flatMap((stack) =>
    stack.parts.map((part) =>
      [`--- ${part.name} (pid ${part.pid() ?? 'none'})`, ...tailOf(part.logFile, lines)].join('\n'),
    ),
  );
  return tails.length > 0 ? `\n${tails.join('\n')}` : '';
}

/** Runs a scenario and attaches the logs to whatever it throws. */
export async function withLogs<T>(scenario: () => Promise<T>): Promise<T> {
  try {
    return await scenario();
  } catch (error) {
    if (error instanceof Error && !error.message.includes('\n--- ')) error.message += logTails();
    throw error;
  }
}
