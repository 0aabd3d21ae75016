/** The file that the component `secretstore` reads: what the other components name, and nothing else of the environment. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Home } from './home';

/** How the component learns where the file is: an envRef of it. */
export const SECRETS_FILE_SETTING = 'CONTACTSHEET_SECRETS_FILE';

interface Resource {
  readonly spec?: {
    readonly metadata?: readonly { readonly secretKeyRef?: { readonly name?: string }; readonly envRef?: string }[];
  };
}

/** Names of the secrets that components of these folders read. */
export function secretNames(resourcesPaths: readonly string[]): string[] {
  return namesIn(resourcesPaths, ({ secretKeyRef }) => secretKeyRef?.name);
}

/** Names of the variables that they read of the sidecar's own environment. */
export function variableNames(resourcesPaths: readonly string[]): string[] {
  return namesIn(resourcesPaths, ({ envRef }) => envRef);
}

type Entry = NonNullable<NonNullable<Resource['spec']>['metadata']>[number];

function namesIn(resourcesPaths: readonly string[], pick: (entry: Entry) => string | undefined): string[] {
  const resources = resourcesPaths.flatMap((path) =>
    readdirSync(path)
      .filter((file) => /\.ya?ml$/.test(file))
      .flatMap((file) => parseAllDocuments(readFileSync(join(path, file), 'utf8')))
      .map((document) => document.toJS() as Resource | null),
  );
  const named = resources.flatMap((resource) => resource?.spec?.metadata ?? []).map(pick);
  return [...new Set(named.filter((name) => name !== undefined))].sort();
}

/** Readable by its owner only. A name without a value is written empty: the component refuses a name that is not there. */
export function writeSecretsFile(home: Home, resourcesPaths: readonly string[], env: NodeJS.ProcessEnv): void {
  const secrets = Object.fromEntries(secretNames(resourcesPaths).map((name) => [name, env[name] ?? '']));
  home.write('secrets.json', `${JSON.stringify(secrets, null, 2)}\n`);
}
