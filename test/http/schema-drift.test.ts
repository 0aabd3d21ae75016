import type { ContainerEntry } from '../../src/domain/container/container-entry';
import type { ImageDocument } from '../../src/domain/image/image';
import type { Operation } from '../../src/domain/operation';
import type { Receipt, ReceiptReport } from '../../src/domain/run/receipt';
import type { ImageOutcome } from '../../src/domain/run/report';
import type { RunView } from '../../src/domain/run/run';
import type { PageStep, PhaseStep } from '../../src/domain/run/steps';
import type { Repair, Verification } from '../../src/domain/container/verification';
import type { ActivityEntry } from '../../src/gateways/activity-log/port';
import type { ActivityEntrySchema } from '../../src/contract/schemas/activity';
import type { ContainerBody, ContainerEntryBody } from '../../src/contract/schemas/container';
import type { ImageSchema } from '../../src/contract/schemas/image';
import type { ReceiptBody } from '../../src/contract/schemas/receipt';
import type { RunBody } from '../../src/contract/schemas/run';
import type { ReportLine } from '../../src/contract/schemas/run-image';
import type { RunStepSchema } from '../../src/contract/schemas/run-step';
import type { OperationBody, RepairSchema, VerificationSchema } from '../../src/contract/schemas/verification';
import type { ContainerSummary } from '../../src/domain/container/container-summary';

type RunStepBody = ReturnType<typeof RunStepSchema.parse>;

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

/** The shell adds links to what the domain says, advice, and the cure of a failure. */
type Told<Body extends { failureGroups: readonly object[] }> = Omit<Body, 'links' | 'failureGroups' | 'cure'> & {
  readonly failureGroups: readonly Omit<Body['failureGroups'][number], 'advice'>[];
};

const run: Same<RunView, Told<RunBody>> = true;
const line: Same<ImageOutcome, Omit<ReportLine, 'advice'>> = true;
const receipt: Same<Receipt, Omit<ReceiptBody, 'reports'>> = true;
const reports: Same<ReceiptReport, ReceiptBody['reports'][number]> = true;
const phaseStep: Same<PhaseStep, Exclude<RunStepBody, { step: 'page' }>> = true;
const pageStep: Same<PageStep, Extract<RunStepBody, { step: 'page' }>> = true;
const repair: Same<Repair, ReturnType<typeof RepairSchema.parse>> = true;
const verification: Same<Verification, ReturnType<typeof VerificationSchema.parse>> = true;
const operation: Same<Operation, Omit<OperationBody, 'links'>> = true;
const image: Same<ImageDocument, ReturnType<typeof ImageSchema.parse>> = true;
const container: Same<ContainerSummary, Omit<ContainerBody, 'links'>> = true;
const entry: Same<ContainerEntry, Omit<ContainerEntryBody, 'links'>> = true;
const activity: Same<ActivityEntry, ReturnType<typeof ActivityEntrySchema.parse>> = true;

test('schemas know every field of the domain, and no other', () => {
  const records = [line, receipt, reports, phaseStep, pageStep, repair, verification, operation];
  expect(new Set([run, image, container, entry, activity, ...records])).toEqual(new Set([true]));
});
