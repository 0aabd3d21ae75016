import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** The files of deploy/azure as tools/bicep.cjs reads them. */
interface Declared<Body> {
  readonly name: string;
  readonly body: Body;
}
export interface BicepResource extends Declared<Record<string, unknown>> {
  readonly type: string;
  readonly apiVersion: string;
  readonly isExisting: boolean;
}
export interface BicepModule extends Declared<{ readonly params: Readonly<Record<string, unknown>> }> {
  readonly source: string;
}
export interface BicepFile {
  readonly path: string;
  readonly text: string;
  readonly resources: readonly BicepResource[];
  readonly modules: readonly BicepModule[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const { readBicep } = require('../../../tools/bicep.cjs') as {
  readBicep: (text: string) => Omit<BicepFile, 'path' | 'text'>;
};
export { readBicep };

export const AZURE = join(CHECKOUT, 'deploy/azure');

export function bicepFiles(): BicepFile[] {
  const paths = ['main.bicep', ...readdirSync(join(AZURE, 'modules')).map((name) => `modules/${name}`)];
  return paths.map((path) => {
    const text = readFileSync(join(AZURE, path), 'utf8');
    return { path, text, ...readBicep(text) };
  });
}
