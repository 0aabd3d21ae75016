import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ALGORITHM, PROVIDER } from './provider';
import { startLocalVision } from './server';

/**
 * `node packages/dev-vision/dist/main.js --port 8090 --host 127.0.0.1 [--rate 10/s] [--latency-ms 100]
 * [--cert PEM --key PEM]`, key in VISION_KEY. */

/** Said on start: what it is, what it reads, what it does not see. */
export const BANNER = [
  `Local Vision (${PROVIDER} ${ALGORITHM}): a stand-in for Azure AI Vision, for development and tests.`,
  'It measures pixels: size, format, colours, black and white, graphic or photograph, bright, dark, blurry.',
  'It reads JPEG, PNG, GIF and BMP (OS/2 and Windows, 1 to 32 bits, run-length coded too), and for 4.0 WebP, ICO and TIFF;',
  'sizes are those of the picture turned upright by its Exif orientation. Decoding takes 800 MB at most, else it refuses.',
  'It does not recognise faces, objects, scenes, brands, landmarks or text, and never makes any up.',
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string', default: '127.0.0.1' },
      rate: { type: 'string', default: 'unlimited' },
      'latency-ms': { type: 'string', default: '0' },
      cert: { type: 'string' },
      key: { type: 'string' },
    },
  });
  const service = await startLocalVision({
    host: values.host,
    port: wholeNumber('--port', values.port, 65_535),
    key: process.env.VISION_KEY || 'local-vision-key',
    rate: values.rate,
    latencyMs: wholeNumber('--latency-ms', values['latency-ms'], 600_000),
    ...tlsOf(values.cert, values.key),
    log: (line) => console.error(line),
  });
  for (const line of BANNER) console.log(line);
  console.log(`listening on ${service.endpoint}`);
  const stop = (): void => {
    service.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Both or none. @throws Error when one is missing or a file cannot be read */
function tlsOf(cert: string | undefined, key: string | undefined): { tls?: { cert: string; key: string } } {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) throw new Error('--cert and --key are given together');
  return { tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } };
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new RangeError(`${option} takes a whole number up to ${max}, not "${text}"`);
  return value;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(`Local Vision could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
}
