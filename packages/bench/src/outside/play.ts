import { createHash } from 'node:crypto';
import { inWords, isAsExpected } from './expected';
import type { OutsideCase } from './outside-case';
import { type Ground, Place } from './place';

export interface Played {
  readonly case: OutsideCase;
  readonly isRight: boolean;
  /** What was seen, or the error in its place. */
  readonly seen: unknown;
  readonly seconds: number;
}

const MOST_NAME_CHARS = 40;

/** Plays one case in a container of its own. Never throws for what the stack does: then the case is wrong. */
export async function play(one: OutsideCase, ground: Ground): Promise<Played> {
  const began = Date.now();
  const place = new Place(ground, containerOf(one));
  const seen = await (async () => {
    await one.arrange?.(place);
    return one.see(place);
  })()
    .catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }))
    .finally(() => place.leave());
  return { case: one, isRight: isAsExpected(seen, one.expected), seen, seconds: (Date.now() - began) / 1_000 };
}

/** One line, with what is right behind what is wrong. */
export function lineOf({ case: one, isRight, seen, seconds }: Played): string {
  const verdict = isRight ? 'right' : 'WRONG';
  const right = isRight ? '' : `\n       right: ${inWords(one.expected)}`;
  return `${verdict}  ${one.kind}: ${one.name} (${seconds.toFixed(1)} s)\n       seen:  ${inWords(seen)}${right}`;
}

/** A name of a container: its words in lower case, and what tells it from those that begin alike. */
function containerOf({ kind, name }: OutsideCase): string {
  const words = `${kind} ${name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MOST_NAME_CHARS);
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${words}-${mark}`.replace('--', '-');
}
