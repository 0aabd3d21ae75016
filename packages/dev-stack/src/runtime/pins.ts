import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../checkout';
import { Problem } from '../problem';
import { RELEASE } from './dapr-version';

/** By the name of an archive: its SHA-256, in lower-case hex. */
export type Pins = ReadonlyMap<string, string>;

/** `node tools/pin-runtime.mjs` writes it. */
export const PINS_FILE = 'tools/dapr-release.sha256';

export function pinnedArchives(): Pins {
  return pinsIn(readFileSync(join(CHECKOUT, PINS_FILE), 'utf8'));
}

/**
 * The digests that the repository requires of the archives of a release.
 *
 * @throws Problem for a line that cannot be read: a spoiled file must not pass for one that pins nothing.
 */
export function pinsIn(text: string, release: string = RELEASE): Pins {
  const pins = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, digest, version, archive] = /^([0-9a-f]{64}) {2}v([^/\s]+)\/(\S+)$/.exec(line) ?? [];
    if (digest === undefined || archive === undefined) {
      throw new Problem(
        `${PINS_FILE} holds a line that is no digest: ${line}`,
        'Write it anew: node tools/pin-runtime.mjs',
      );
    }
    if (version === release) pins.set(archive, digest);
  }
  return pins;
}

/** Short for these pins, or undefined without any: what was downloaded under others is not taken for this. */
export function pinsMark(pins: Pins): string | undefined {
  if (pins.size === 0) return undefined;
  const lines = [...pins].map(([archive, digest]) => `${digest} ${archive}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
}
