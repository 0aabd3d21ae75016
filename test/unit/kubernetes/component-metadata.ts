import { unknownProperties } from '../../../packages/pubsub-storage-queues/src/settings';
import known from './component-metadata.json';
import type { Resource } from './render';

/** What Dapr 1.18 reads of a component; tools/component-metadata.mjs makes the file. */
const KNOWN: Readonly<Record<string, { readonly required: readonly string[]; readonly names: readonly string[] }>> =
  known;

interface Spec {
  readonly type: string;
  readonly version: string;
  readonly metadata: readonly { readonly name: string }[];
}

/** Names that the type does not know, and required ones that are not there. None for what is no Component. */
export function componentFaultsOf(resource: Resource): string[] {
  if (resource.kind !== 'Component') return [];
  const { type, version, metadata } = resource.spec as Spec;
  const given = metadata.map(({ name }) => name);
  const where = `${resource.metadata.name} (${type} ${version})`;
  if (type === 'pubsub.storage-queues') {
    const unknown = unknownProperties(Object.fromEntries(given.map((name) => [name, 'x'])));
    return unknown.map((name) => `${where}: ${name} is unknown`);
  }
  const rules = KNOWN[`${type} ${version}`];
  if (rules === undefined) return [`${where}: no type that is known here`];
  const has = (names: readonly string[], name: string) => names.some((one) => one.toLowerCase() === name.toLowerCase());
  return [
    ...given.filter((name) => !has(rules.names, name)).map((name) => `${where}: ${name} is unknown`),
    ...rules.required.filter((name) => !has(given, name)).map((name) => `${where}: ${name} is missing`),
  ];
}
