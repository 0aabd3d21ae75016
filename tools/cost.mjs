/**
 * What a deployment as deploy/azure makes it costs, by formulas that docs/cost.md explains and prices of tools/prices.json.
 *
 *     node tools/cost.mjs --images 250000                      # one column of your own
 *     node tools/cost.mjs --images 250000 --changed 0.01 --runs 4 --group1 3 --group2 1 --rate 10
 *     node tools/cost.mjs --document                           # the table of docs/cost.md; a test compares both
 *     node tools/cost.mjs --images 250000 --json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const HOURS = 730;
const SECONDS = HOURS * 3_600;
const GB = 1e9;
const PAGE = 2_000;
const CHUNK = 100;

/** Of docs/scaling.md: what was counted there for a first run. */
const COUNTED = {
  ruPerImage: 26.1,
  /** Reports of one replica while a run goes on. */
  ruPerReplicaSecond: 17.6,
  /** An image that is listed again and has not changed: its document is read in a range query. Not measured. */
  ruPerKnownImage: 1,
  blobOperationsPerChunk: 6,
  blobOperationsPerPage: 11,
  /** Document, cache entry, and its note by Content-MD5. */
  bytesStoredPerImage: 9_000,
  reportBytesPerImage: 250,
};

/** As deploy/azure and deploy/kubernetes/azure set it up. */
const DEPLOYED = {
  replicas: 2,
  nodes: 3,
  databaseMaxRu: 4_000,
  schedulerDisks: 3,
  /** Two topics, looked at once a second, and the queue of new blobs every five seconds. */
  looksAtQueuesPerReplicaSecond: 2 + 1 / 5,
  logGbPerDay: 0.5,
};

/** @param tiers of a month, each up to so many transactions, per thousand */
function tiered(tiers, transactions) {
  let below = 0;
  let sum = 0;
  for (const { upTo = Number.POSITIVE_INFINITY, price } of tiers) {
    sum += (Math.max(0, Math.min(transactions, upTo) - below) / 1_000) * price;
    below = upTo;
  }
  return sum;
}

/** Autoscale is billed by the hour: for what the hour needed at most, and never less than a tenth of the maximum. */
function throughputAbove(floor, ruPerSecond, hours, prices) {
  const billed = Math.min(DEPLOYED.databaseMaxRu, Math.max(floor, ruPerSecond));
  return ((billed - floor) / 100) * hours * prices.cosmosAutoscalePer100RuHour.price;
}

/** All amounts in the currency of the prices. */
function costOf({ images, changed, runs, group1, group2, rate }, prices) {
  const floor = DEPLOYED.databaseMaxRu / 10;
  const vision = (calls) => tiered(prices.visionPerThousand.group1, calls * group1) + tiered(prices.visionPerThousand.group2, calls * group2);
  const load = rate * COUNTED.ruPerImage + DEPLOYED.replicas * COUNTED.ruPerReplicaSecond;
  const analysing = (calls) => throughputAbove(floor, load, Math.ceil(calls / rate / 3_600), prices);
  const manifests = (calls) =>
    (((calls / CHUNK) * COUNTED.blobOperationsPerChunk + (images / PAGE) * COUNTED.blobOperationsPerPage) / 10_000) *
    prices.blobWritesPer10k.price;
  const photos = (calls) =>
    (images / PAGE / 10_000) * prices.blobWritesPer10k.price + (calls / 10_000) * prices.blobReadsPer10k.price;
  /** Listing goes as fast as the database lets it: whole hours at its maximum. */
  const listing = () => {
    const seconds = (images * COUNTED.ruPerKnownImage) / DEPLOYED.databaseMaxRu;
    return throughputAbove(floor, DEPLOYED.databaseMaxRu, Math.ceil(seconds / 3_600), prices);
  };

  const renewed = Math.ceil(images * changed);
  const first = { vision: vision(images), throughput: analysing(images), storage: photos(images) + manifests(images) };
  const month = {
    vision: vision(renewed),
    throughput: runs * listing() + analysing(renewed),
    storage: runs * (photos(0) + manifests(0)) + photos(renewed) + manifests(renewed),
    data:
      ((images * COUNTED.bytesStoredPerImage) / GB) * prices.cosmosGbMonth.price +
      ((images * COUNTED.reportBytesPerImage) / GB) * prices.blobGbMonth.price,
  };
  const standing = {
    nodes: DEPLOYED.nodes * prices.nodeHour.price * HOURS,
    cluster: (prices.clusterHour.price + prices.loadBalancerHour.price) * HOURS + DEPLOYED.schedulerDisks * prices.diskMonth.price,
    database: (floor / 100) * prices.cosmosAutoscalePer100RuHour.price * HOURS,
    queues: ((DEPLOYED.replicas * DEPLOYED.looksAtQueuesPerReplicaSecond * SECONDS) / 10_000) * prices.queueOperationsPer10k.price,
    registry: (prices.registryDay.price * 365) / 12,
    logs: ((DEPLOYED.logGbPerDay * 365) / 12) * prices.logsGb.price,
  };
  return {
    calls: { first: images, month: renewed },
    transactions: { first: images * (group1 + group2), month: renewed * (group1 + group2) },
    ru: { perSecond: load, first: images * COUNTED.ruPerImage + (images / rate) * DEPLOYED.replicas * COUNTED.ruPerReplicaSecond },
    hours: { first: images / rate / 3_600, month: renewed / rate / 3_600 },
    ...{ first, month, standing, counted: COUNTED, deployed: DEPLOYED },
    total: { first: sum(first), month: sum(month) + sum(standing) },
  };
}
const sum = (amounts) => Object.values(amounts).reduce((all, one) => all + one, 0);

const count = (value) => Math.round(value).toLocaleString('en-US');
const money = (value) => (value < 10 ? value.toFixed(2) : count(value));
const lasting = (hours) => (hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`);

function table(columns) {
  const row = (label, of) => `| ${[label, ...columns.map(of)].join(' | ')} |`;
  return [
    row('photos', ({ input }) => count(input.images)),
    `| --- |${' ---: |'.repeat(columns.length)}`,
    row('**First run**', () => ''),
    row('calls of Vision', ({ cost }) => count(cost.calls.first)),
    row('transactions', ({ cost }) => count(cost.transactions.first)),
    row('time', ({ cost }) => lasting(cost.hours.first)),
    row('RU in all', ({ cost }) => count(cost.ru.first)),
    row('Vision', ({ cost }) => money(cost.first.vision)),
    row('RU/s above what always costs', ({ cost }) => money(cost.first.throughput)),
    row('storage operations', ({ cost }) => money(cost.first.storage)),
    row('sum, once', ({ cost }) => `**${money(cost.total.first)}**`),
    row('**A month**', () => ''),
    row('new and changed photos', ({ cost }) => count(cost.calls.month)),
    row('Vision', ({ cost }) => money(cost.month.vision)),
    row('RU/s above what always costs', ({ cost }) => money(cost.month.throughput)),
    row('storage operations', ({ cost }) => money(cost.month.storage)),
    row('data in Cosmos DB, reports', ({ cost }) => money(cost.month.data)),
    row('three nodes', ({ cost }) => money(cost.standing.nodes)),
    row('tier of the cluster, load balancer, disks', ({ cost }) => money(cost.standing.cluster)),
    row('400 RU/s, a tenth of the maximum', ({ cost }) => money(cost.standing.database)),
    row('looks at queues', ({ cost }) => money(cost.standing.queues)),
    row('registry', ({ cost }) => money(cost.standing.registry)),
    row('logs', ({ cost }) => money(cost.standing.logs)),
    row('sum, every month', ({ cost }) => `**${money(cost.total.month)}**`),
  ].join('\n');
}

const OPTIONS = {
  images: { type: 'string' },
  changed: { type: 'string', default: '0.02' },
  runs: { type: 'string', default: '30' },
  group1: { type: 'string', default: '3' },
  group2: { type: 'string', default: '1' },
  rate: { type: 'string', default: '10' },
  document: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
};

function main() {
  const { values } = parseArgs({ options: OPTIONS });
  const prices = JSON.parse(readFileSync(join(import.meta.dirname ?? 'tools', 'prices.json'), 'utf8'));
  const numbers = Object.fromEntries(
    ['changed', 'runs', 'group1', 'group2', 'rate'].map((name) => [name, numberOf(name, values[name])]),
  );
  const column = (images) => {
    const input = { images, ...numbers };
    return { input, cost: costOf(input, prices) };
  };
  if (values.document) console.log(table([10_000, 1_000_000, 10_000_000].map(column)));
  else {
    const one = column(numberOf('images', values.images));
    console.log(values.json ? JSON.stringify(one.cost) : table([one]));
  }
}

function numberOf(name, text) {
  const value = Number(text);
  if (text === undefined || !Number.isFinite(value) || value < 0 || (name === 'rate' && value === 0)) {
    console.error(`--${name} needs a number such as ${name === 'changed' ? '0.02' : '10'}.`);
    process.exit(2);
  }
  return value;
}

main();
