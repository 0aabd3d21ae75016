import { ConfigError, readConfig } from 'contactsheet/setup';
import { Problem } from './problem';

/**
 * Reads the environment as the app will, before anything is started: a wrong setting is told at once and alone.
 *
 * @throws Problem with every wrong setting and its cure.
 */
export function checkConfiguration(env: NodeJS.ProcessEnv): void {
  try {
    readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map(({ name, problem, cure }) => `  ${name} ${problem} ${cure}`);
    throw new Problem(
      [`The configuration has ${lines.length} problem${lines.length === 1 ? '' : 's'}:`, ...lines].join('\n'),
      'Correct it in the environment or in .env and start again.',
      2,
    );
  }
}
