import type { ImageDocument } from '../../src/domain/image';
import type { RunView } from '../../src/domain/run';
import type { ActivityEntry } from '../../src/gateways/activity-log/port';
import type { ActivityEntrySchema } from '../../src/http/schemas/activity';
import type { ContainerBody } from '../../src/http/schemas/container';
import type { ImageSchema } from '../../src/http/schemas/image';
import type { RunBody } from '../../src/http/schemas/run';
import type { ContainerSummary } from '../../src/http/use-cases';

/** Held by the compiler: a field that the domain gains or loses must be in the schema too, at every depth. */

/** Every path of keys in T: `counts.total`. Deep enough for every document we have. */
type Keys<T, Depth extends 0[] = []> = Depth['length'] extends 6
  ? never
  : T extends readonly (infer Item)[]
    ? Keys<Item, [...Depth, 0]>
    : T extends object
      ? { [K in keyof T & string]-?: K | `${K}.${Keys<NonNullable<T[K]>, [...Depth, 0]>}` }[keyof T & string]
      : never;

/** true when both have the same keys; else the ones that only one of them has, so that the compiler names them. */
type Same<A, B> = [Drift<A, B>] extends [never] ? true : Drift<A, B>;
type Drift<A, B> = Exclude<Keys<A>, Keys<B>> | Exclude<Keys<B>, Keys<A>>;

const run: Same<RunView, Omit<RunBody, 'links'>> = true;
const image: Same<ImageDocument, ReturnType<typeof ImageSchema.parse>> = true;
const container: Same<ContainerSummary, Omit<ContainerBody, 'links'>> = true;
const activity: Same<ActivityEntry, ReturnType<typeof ActivityEntrySchema.parse>> = true;

test('schemas know every field of the domain, and no other', () => {
  expect([run, image, container, activity]).toEqual([true, true, true, true]);
});
