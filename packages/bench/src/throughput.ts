/**
 * Images per second of the pipeline beside a plain script that does the same list, download, call, save, in pairs within
 * the same minutes. `npm run bench -- [--images 2000] [--pairs 3] [--latency-ms 100]`
 *
 * Not measured: Azure, networks, several replicas, Vision's quota. Local Vision, Azurite and the Cosmos server share the
 * machine with what is measured, so compare the ratio, never the rates.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Stack } from '@contactsheet/dev-stack';
import { costsOf, runToEnd, spent, withStack } from './bench-stack';
import { seedContainer } from './seed-container';

interface Pair {
  readonly ours: number;
  readonly plain: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '2000' },
      pairs: { type: 'string', default: '3' },
      'latency-ms': { type: 'string', default: '100' },
    },
  });
  const [images, pairs, latencyMs] = [Number(values.images), Number(values.pairs), Number(values['latency-ms'])];
  const say = (line: string) => process.stdout.write(`${line}\n`);
  await withStack({ latencyMs }, async (stack) => {
    await seed(stack, 'bench-warm-up', 200);
    await runToEnd(stack, 'bench-warm-up');
    await plain(stack, 'bench-warm-up');
    const seen: Pair[] = [];
    for (let n = 0; n < pairs; n++) {
      const container = `bench-${n}`;
      await seed(stack, container, images);
      const before = costsOf(stack);
      const run = await runToEnd(stack, container);
      const cpu = spent(before, costsOf(stack));
      const plainMs = await plain(stack, container);
      seen.push({ ours: (images / run.wallMs) * 1000, plain: (images / plainMs) * 1000 });
      const perImage = Object.entries(cpu).map(([name, ms]) => `${name} ${(ms / images).toFixed(2)}`);
      say(
        `pair ${n + 1}: ours ${rate(images, run.wallMs)}, plain ${rate(images, plainMs)}, ratio ${(plainMs / run.wallMs).toFixed(2)}`,
      );
      say(`  ${run.status}, ${run.calls} calls; CPU ms an image: ${perImage.join(', ')}`);
      say(`  memory of the app: ${Math.round((costsOf(stack).app?.rssBytes ?? 0) / 1024 / 1024)} MB`);
    }
    const ratios = seen.map(({ ours, plain: other }) => ours / other).sort((a, b) => a - b);
    say(
      `median ratio ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)} of ${ratios.length} pairs (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`,
    );
  });
}

function seed(stack: Stack, container: string, count: number): Promise<void> {
  return seedContainer(stack.endpoints().blobConnectionString, container, count);
}

async function plain(stack: Stack, container: string): Promise<number> {
  const began = Date.now();
  await promisify(execFile)(process.execPath, [
    join(__dirname, 'plain.js'),
    JSON.stringify(stack.endpoints()),
    container,
  ]);
  return Date.now() - began;
}

function rate(images: number, ms: number): string {
  return `${Math.round((images / ms) * 1000)} images/s`;
}

void main();
