/** The Node programs of a stack, and how each is started. */
import { join } from 'node:path';
import { wordsToStart } from './bundle';
import { CHECKOUT, compiled } from './checkout';
import { commandOfPlan, type RunPlan } from './run-file';

/** The words that Node is given before a program's own; of the app the whole command. */
export interface Programs {
  readonly azurite: readonly string[];
  readonly cosmos: readonly string[];
  readonly vision: readonly string[];
  readonly pubsub: readonly string[];
  readonly app: readonly [string, ...string[]];
}

const APP = join(CHECKOUT, 'dist', 'app.js');
const AZURITE = join(CHECKOUT, 'node_modules', 'azurite', 'dist', 'src', 'azurite.js');
const MENDS = ['azurite-lookups.js', 'azurite-saves.js'].map((mend) => compiled('dev-stack', mend));

export async function programsOf(plan: RunPlan): Promise<Programs> {
  const [azurite, cosmos, vision, pubsub, app] = await Promise.all([
    wordsToStart(AZURITE, MENDS),
    wordsToStart(compiled('dev-cosmos')),
    wordsToStart(compiled('dev-vision')),
    wordsToStart(compiled('pubsub-storage-queues')),
    commandOfApp(plan),
  ]);
  return { azurite, cosmos, vision, pubsub, app };
}

/** Whatever the run file says; our own app from its bundle. */
async function commandOfApp(plan: RunPlan): Promise<[string, ...string[]]> {
  const [program, script, ...more] = commandOfPlan(plan);
  if (program !== process.execPath || script !== APP) return commandOfPlan(plan);
  return [program, ...(await wordsToStart(APP)), ...more];
}
