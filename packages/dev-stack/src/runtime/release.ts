/**
 * The official release archives, read no further than one can be large.
 *
 * I1 An archive whose digest is pinned in the repository must have it, whatever its release says.
 * I2 Any other one is held to the checksum that is published beside it, and the person is told: whoever can replace the
 *    archive can replace the checksum.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PROGRAMS } from './dapr-runtime';
import { RELEASE } from './dapr-version';
import { PINS_FILE, type Pins, pinnedArchives } from './pins';

const SOURCE = `https://github.com/dapr/dapr/releases/download/v${RELEASE}`;
/** An offline machine should fall through to the next way quickly. */
const ANSWER_WITHIN_MS = 10_000;
/** A transfer that brings nothing for this long is given up. */
const STALLED_MS = 30_000;
/** In bytes. A daprd that is built here has 97 MB unpacked; the official one holds more components. */
const MOST = { checksum: 1_024, packed: 256 * 1024 * 1024, unpacked: 1024 * 1024 * 1024 } as const;

export interface ReleaseSource {
  readonly base?: string;
  readonly fetch?: typeof fetch;
  /** Default: those of the repository. */
  readonly pins?: Pins;
  /** Bytes that are read at most. Default: MOST. */
  readonly most?: { readonly checksum: number; readonly packed: number; readonly unpacked: number };
}

/** `linux_amd64` as in the names of the archives, or undefined where none is published. */
export function platformName(platform: string = process.platform, arch: string = process.arch): string | undefined {
  const cpu = { x64: 'amd64', arm64: 'arm64', arm: 'arm' }[arch];
  return cpu && (platform === 'linux' || platform === 'darwin') ? `${platform}_${cpu}` : undefined;
}

/** Puts the three programs into a folder. @throws Error with the reason when it cannot. */
export async function downloadRelease(
  folder: string,
  signal: AbortSignal,
  say: (line: string) => void,
  source: ReleaseSource = {},
): Promise<void> {
  const platform = platformName();
  if (!platform) throw new Error(`there is no release for ${process.platform} ${process.arch}`);
  const { base = SOURCE, most = MOST, pins = pinnedArchives() } = source;
  const archives = PROGRAMS.map((program) => ({ program, name: `${program}_${platform}.tar.gz` }));
  const unpinned = archives.filter(({ name }) => !pins.has(name)).map(({ program }) => program);
  if (unpinned.length > 0) {
    say(`No digest is pinned for ${unpinned.join(', ')} ${RELEASE}: held to the checksums of the release itself.`); // I2
  }
  for (const { program, name } of archives) {
    const pinned = pins.get(name);
    const wanted = pinned ?? (await publishedChecksum(`${base}/${name}.sha256`, signal, source, most.checksum));
    say(`Getting ${program} ${RELEASE} ...`);
    const archive = await download(`${base}/${name}`, signal, source, most.packed);
    const got = createHash('sha256').update(archive).digest('hex');
    if (got !== wanted) {
      const by = pinned === undefined ? 'its published checksum' : `the digest that is pinned in ${PINS_FILE}`;
      throw new Error(`${name} does not match ${by}`); // I1
    }
    const content = entryOf(gunzipSync(archive, { maxOutputLength: most.unpacked }), program);
    if (!content) throw new Error(`${name} holds no ${program}`);
    writeFileSync(join(folder, program), content, { mode: 0o755 });
  }
}

async function publishedChecksum(
  url: string,
  signal: AbortSignal,
  source: ReleaseSource,
  most: number,
): Promise<string> {
  const published = (await download(url, signal, source, most)).toString('utf8');
  const checksum = /[0-9a-f]{64}/i.exec(published)?.[0]?.toLowerCase();
  if (!checksum) throw new Error(`${new URL(url).pathname.split('/').pop()} holds no checksum`);
  return checksum;
}

async function download(url: string, signal: AbortSignal, source: ReleaseSource, most: number): Promise<Buffer> {
  const own = new AbortController();
  const timer = { current: setTimeout(() => own.abort(new Error('no answer')), ANSWER_WITHIN_MS) };
  try {
    const response = await (source.fetch ?? fetch)(url, { signal: AbortSignal.any([signal, own.signal]) });
    if (!response.ok || !response.body) throw new Error(`${response.status} from ${new URL(url).host}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > most) throw new Error(`${new URL(url).pathname} is larger than ${most} bytes`);
      chunks.push(chunk);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => own.abort(new Error('the transfer stalled')), STALLED_MS);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    signal.throwIfAborted();
    throw own.signal.aborted ? own.signal.reason : rootCause(error);
  } finally {
    clearTimeout(timer.current);
  }
}

/** `fetch failed` says nothing; its cause does. */
function rootCause(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** The content of one file of a tar archive (POSIX ustar: blocks of 512 bytes, name at 0, size in octal at 124). */
export function entryOf(tar: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + 512 <= tar.length; ) {
    const entry = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    if (entry === '') return undefined;
    const size = Number.parseInt(tar.toString('ascii', at + 124, at + 136), 8) || 0;
    if (entry.split('/').pop() === name) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
