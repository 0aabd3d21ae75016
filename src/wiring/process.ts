import { ConfigError } from '../config';
import { AppError } from '../domain/errors';

/** Exit codes: 2 is a configuration a person must change; starting again would not help. */
const EXIT = { failed: 1, configuration: 2 } as const;

/** Runs an app as this process: it stops on SIGTERM and SIGINT, and what keeps it from starting is written to stderr. */
export function runAsProcess(start: () => Promise<{ stop(): Promise<void> }>): void {
  serve(start).catch((error: unknown) => {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exit(isForAPerson(error) ? EXIT.configuration : EXIT.failed);
  });
}

/** A service that refuses us goes on refusing until somebody changes something. */
function isForAPerson(error: unknown): boolean {
  return error instanceof ConfigError || (error instanceof AppError && !error.retryable && error.code !== 'internal');
}

async function serve(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  const app = await start();
  const stop = () => {
    app.stop().then(
      () => process.exit(0),
      () => process.exit(EXIT.failed),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function wordsOf(error: unknown): string {
  if (error instanceof ConfigError)
    return `The configuration has ${error.problems.length} problem(s):\n${error.message}`;
  if (error instanceof AppError && isForAPerson(error)) return `${error.message} (${error.code})`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
