import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { bicepFiles } from '../azure/bicep';

/** Guarantee: docs/cost.md shows what its formulas and prices give, for what deploy/ sets up. */

const read = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8');
const run = (...words: string[]) =>
  execFileSync(process.execPath, [join(CHECKOUT, 'tools/cost.mjs'), ...words], { encoding: 'utf8', stdio: 'pipe' });

interface Cost {
  readonly calls: { readonly month: number };
  readonly first: { readonly vision: number; readonly throughput: number; readonly storage: number };
  readonly month: { readonly vision: number; readonly data: number };
  readonly standing: { readonly database: number; readonly queues: number };
  readonly counted: Readonly<Record<string, number>>;
  readonly deployed: Readonly<Record<string, number>>;
}
const costOf = (...words: string[]) => JSON.parse(run('--json', '--images', ...words)) as Cost;

test('the table of the page is the table of the script', () => {
  expect(read('docs/cost.md')).toContain(`\n${run('--document')}`);
});

test('Vision is billed tier by tier, each group for itself', () => {
  expect(costOf('10000').first.vision).toBeCloseTo(30 + 15);
  // Group 1: 1 million at 1.00 and 2 million at 0.65; Group 2: 1 million at 1.50.
  expect(costOf('1000000').first.vision).toBeCloseTo(1_000 + 1_300 + 1_500);
  expect(costOf('1000000', '--group1', '0', '--group2', '2').first.vision).toBeCloseTo(1_500 + 600);
  expect(costOf('10001').calls.month).toBe(201); // 2 %, rounded up
});

test('throughput costs more only where a run needs more than a tenth of the maximum', () => {
  expect(costOf('1000000').first.throughput).toBe(0);
  // 100 a second need 2,645.2 RU/s for three hours, of which 400 are paid for anyway.
  expect(costOf('1000000', '--rate', '100').first.throughput).toBeCloseTo((2_245.2 / 100) * 3 * 0.012);
  // No more than the maximum: the run waits then.
  expect(costOf('1000000', '--rate', '1000').first.throughput).toBeCloseTo((3_600 / 100) * 1 * 0.012);
});

test('storage and queues are billed by ten thousand operations', () => {
  // 500 lists, 1,000,000 reads; 60,000 + 5,500 writes on `manifests`.
  expect(costOf('1000000').first.storage).toBeCloseTo(0.05 * 0.0625 + 100 * 0.005 + 6.55 * 0.0625);
  expect(costOf('1').standing.queues).toBeCloseTo(((2 * 2.2 * 730 * 3_600) / 10_000) * 0.004);
  expect(costOf('1000000').month.data).toBeCloseTo(9 * 0.25 + 0.25 * 0.023);
});

test('what it assumes is what is deployed, and what was counted', () => {
  const { deployed, counted } = costOf('1');
  const main = bicepFiles().find(({ path }) => path === 'main.bicep');
  expect(deployed.nodes).toBe(main?.parameters.nodesMin?.value);
  expect(deployed.databaseMaxRu).toBe(main?.parameters.databaseMaxThroughput?.value);
  expect(deployed.replicas).toBe(parse(read('deploy/kubernetes/base/deployment.yaml')).spec.replicas);
  const events: { name: string; value: string }[] = parse(read('components/azure/blob-events.yaml')).spec.metadata;
  expect(events).toContainEqual({ name: 'pollingInterval', value: '5s' });
  const scaling = read('docs/scaling.md');
  expect(scaling).toContain(`${counted.ruPerImage} RU an image`);
  expect(scaling).toContain(`${counted.ruPerReplicaSecond} million |`); // of one replica, in a million seconds
  expect(scaling).toContain(`100,000 x ${counted.blobOperationsPerChunk} + 5,000 x ${counted.blobOperationsPerPage}`);
});

test('every price says where it comes from', () => {
  const { asOf, ...prices } = JSON.parse(read('tools/prices.json')) as Record<string, unknown>;
  expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  const entries = Object.values(prices).filter((one) => typeof one === 'object') as { source: string; meter: string }[];
  expect(entries.length).toBeGreaterThan(10);
  for (const { source, meter } of entries) expect([source, meter]).toEqual([expect.any(String), expect.any(String)]);
});

test('a wrong number is refused with an example', () => {
  expect(() => run('--images', 'many')).toThrow('--images needs a number such as 10.');
});
