import { z } from 'zod';
import { inOrder } from '../../src/http/field-order';
import { ReceiptSchema } from '../../src/contract/schemas/receipt';
import { aServer, compile } from './cli/running';
import { aReceipt } from './fake-run-records';
import { aRun, type FakeUseCases, runId } from './fake-use-cases';
import { aPublicApp } from './listening';

/** As a state store may give it back: every object turned about. */
function turned<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, turned(field)]),
  ) as T;
}

const RECEIPT = {
  ...aReceipt(runId(1)),
  phases: { snapshot: '2026-01-02T03:04:05.000Z', finish: '2026-01-02T03:05:05.000Z' },
};
const QUOTA = {
  ...{ resource: 'local', ratePerSecond: 10, monthlyTransactions: 5, weights: { [runId(1)]: 2, [runId(2)]: 1 } },
  spent: { month: '2026-01', transactions: 44, byContainer: { a: 40, b: 4 } },
  factor: 1,
};

test('fields come as the schema has them at every depth, names of a record sorted, what it does not know last', () => {
  const schema = z.object({
    list: z
      .array(z.object({ b: z.number(), a: z.number().nullable() }))
      .readonly()
      .optional(),
    record: z.record(z.string(), z.object({ y: z.number(), x: z.number() })),
    phases: z.partialRecord(z.enum(['one', 'two', 'three']), z.number()).readonly(),
    nothing: z.object({ a: z.number() }).nullable(),
  });
  const value = { list: [{ b: 1, a: 2, c: 3 }], record: { a: { y: 1, x: 2 }, b: { y: 3, x: 4 } } };
  const whole = { ...value, phases: { one: 1, three: 3 }, nothing: null, 'known to no schema': 1 };
  expect(JSON.stringify(inOrder(turned(whole), schema))).toBe(JSON.stringify(whole));
});

/** A shell over a store that gives its documents back in this order. */
function serving(useCases: FakeUseCases, stored: <T>(value: T) => T): void {
  useCases.runs.set(runId(1), aRun({ status: 'Completed' }));
  useCases.records.receipt = stored(RECEIPT);
  useCases.records.reports.splice(0, 1, stored({ key: 'k', sha256: 'ab', lines: 3, executions: 1 }));
  jest.spyOn(useCases, 'getQuota').mockResolvedValue(stored(QUOTA));
}

test('the API answers in one order what a store turns about', async () => {
  const { api, useCases } = aPublicApp();
  const texts = async (stored: <T>(value: T) => T) => {
    serving(useCases, stored);
    return [(await api.get(`/api/v1/runs/${runId(1)}/receipt`)).text, (await api.get('/api/v1/quota')).text];
  };
  const [receipt = '', quota = ''] = await texts((value) => value);
  expect(await texts(turned)).toEqual([receipt, quota]);
  expect(Object.keys(JSON.parse(receipt))).toEqual(Object.keys(ReceiptSchema.shape));
  expect(receipt).toContain(JSON.stringify(RECEIPT.counts));
  expect(quota).toContain(JSON.stringify(QUOTA.weights));
  expect(quota).toContain(JSON.stringify(QUOTA.spent));
});

describe('the command line', () => {
  let server: Awaited<ReturnType<typeof aServer>>;
  beforeAll(async () => {
    await compile();
    server = await aServer();
  });
  afterAll(() => server.stop());

  test('so prints a receipt and a quota the same each time', async () => {
    const printed = async (stored: <T>(value: T) => T) => {
      serving(server.useCases, stored);
      return [await server.cli('run', 'receipt', runId(1)), await server.cli('quota', 'show')];
    };
    const asMade = await printed((value) => value);
    expect(asMade).toMatchObject([
      { code: 0, stdout: expect.stringMatching(/counts\.total.*counts\.succeeded.*phases\.snapshot.*phases\.finish/s) },
      { code: 0, stdout: expect.stringMatching(/^resource .*ratePerSecond .*spent\.month .*factor /s) },
    ]);
    expect(await printed(turned)).toEqual(asMade);
  });
});
