import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DaprRuntime, inspectRuntime } from './dapr-runtime';

/**
 * A runtime that a person installed: the folder that DAPR_RUNTIME_PATH names (it holds `.dapr/bin` as the Dapr CLI wants
 * it, or `bin`, or the programs themselves), else `~/.dapr/bin`.
 *
 * @param say hears why one that is there is not used.
 */
export function findInstalled(
  where: { readonly runtimePath: string | undefined; readonly userHome: string },
  say: (line: string) => void,
): DaprRuntime | undefined {
  const named = where.runtimePath ? [foldersIn(where.runtimePath)] : [];
  for (const folders of [...named, [join(where.userHome, '.dapr', 'bin')]]) {
    const folder = folders.find((each) => existsSync(join(each, 'daprd')));
    if (folder === undefined) continue;
    const found = inspectRuntime(folder);
    if (found.ok) return found.runtime;
    say(`An installed Dapr is not used: ${found.why}.`);
  }
  if (where.runtimePath && !foldersIn(where.runtimePath).some((each) => existsSync(join(each, 'daprd')))) {
    say(`DAPR_RUNTIME_PATH names ${where.runtimePath}, which has no daprd. It is ignored.`);
  }
  return undefined;
}

function foldersIn(path: string): string[] {
  return [join(path, '.dapr', 'bin'), join(path, 'bin'), path];
}
