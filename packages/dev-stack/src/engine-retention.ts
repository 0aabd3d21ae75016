import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { Home } from './home';
import type { RunPlan } from './run-file';

interface Configuration {
  spec: { workflow: { stateRetentionPolicy?: Readonly<Record<string, string>> } };
}

/**
 * The plan with another time after which the engine forgets a workflow that has ended, for tests and measurements that
 * wait for it: the Configuration of the run file, copied into the home.
 */
export function withEngineRetention(plan: RunPlan, home: Home, retention: string): RunPlan {
  if (plan.configFilePath === undefined) throw new Error('The run file names no Configuration.');
  const configuration = parse(readFileSync(plan.configFilePath, 'utf8')) as Configuration;
  configuration.spec.workflow.stateRetentionPolicy = { anyTerminal: retention };
  home.write('config.yaml', stringify(configuration));
  return { ...plan, configFilePath: home.at('config.yaml') };
}
