import fc from 'fast-check';
import { openApiDocument } from '../../../src/contract/openapi';
import { isContainerName } from '../../../src/domain/container/container-name';
import { SYSTEM_BLOB_CONTAINERS } from '../../../src/names';

/** The description of a container's name allows what the server takes, and nothing else. */

interface Described {
  readonly type: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: string;
  readonly not: { readonly enum: readonly string[] };
}

/** Every parameter that is called `container`, in a path or a query. */
const DESCRIBED = Object.entries(openApiDocument().paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([verb, { parameters = [] }]) =>
    parameters
      .filter(({ name }) => name === 'container')
      .map(({ schema }) => [`${verb} ${path}`, schema as unknown as Described] as const),
  ),
);

function allows({ minLength, maxLength, pattern, not }: Described, name: string): boolean {
  const length = [...name].length;
  return length >= minLength && length <= maxLength && new RegExp(pattern, 'u').test(name) && !not.enum.includes(name);
}

/** Names on both sides of every rule: length, alphabet, dashes, names of the storage service and of the system. */
const NAMES = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '-'), maxLength: 66 }),
  fc.string({ unit: fc.constantFrom('a', '0', '-', 'A', '$', '_', '.', '/', 'é', '\n', '🙂'), maxLength: 8 }),
  fc.constantFrom('$root', '$web', '$logs', '$blobchangefeed', '$changefeed', ...Object.values(SYSTEM_BLOB_CONTAINERS)),
  fc.stringMatching(/^[a-z0-9]{1,3}(-[a-z0-9]{1,3}){0,16}\n?$/),
);

test('the name of a container is described in one way everywhere', () => {
  expect(DESCRIBED.length).toBeGreaterThan(12);
  const [[, first] = []] = DESCRIBED;
  for (const [, schema] of DESCRIBED) expect(schema).toEqual(first);
  expect(Object.keys(first ?? {}).sort()).toEqual(['maxLength', 'minLength', 'not', 'pattern', 'type']);
});

test('it allows what the server takes, and nothing else', () => {
  const [[, described] = []] = DESCRIBED;
  if (!described) throw new Error('No parameter is a container.');
  let taken = 0;
  fc.assert(
    fc.property(NAMES, (name) => {
      if (isContainerName(name)) taken += 1;
      expect([name, allows(described, name)]).toEqual([name, isContainerName(name)]);
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(500); // it has seen both sides
});
