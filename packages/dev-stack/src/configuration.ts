import { ConfigError, type ConfigProblem, readConfig } from 'contactsheet/setup';
import { Problem } from './problem';

/**
 * Reads the environment as the app will, before anything is started: a wrong setting is told at once and alone.
 *
 * @param more what is wrong for the launcher alone
 * @throws Problem with every wrong setting and its cure.
 */
export function checkConfiguration(env: NodeJS.ProcessEnv, more: readonly ConfigProblem[]): void {
  const problems = [...problemsOf(env), ...more];
  if (problems.length === 0) return;
  const lines = problems.map(({ name, problem, cure }) => `  ${name} ${problem} ${cure}`);
  throw new Problem(
    [`The configuration has ${lines.length} problem${lines.length === 1 ? '' : 's'}:`, ...lines].join('\n'),
    'Correct it in the environment or in .env and start again.',
    2,
  );
}

function problemsOf(env: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
