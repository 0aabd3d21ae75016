/** The demonstration of `npm start`: a first run over the sample pictures, shown while it goes and as a table at its end. */
import { type Column, displayWidth, printable, type Terminal, tableLines, wrap } from '@contactsheet/terminal';
import { createDemoApi, type DemoApi, type DemoImage, type DemoRun, hasEnded } from './demo-api';
import type { Endpoints } from './endpoints';
import { pause } from './pause';
import { SAMPLE_CONTAINER, uploadSamples } from './sample-pictures';

const POLL_MS = 500;
/** The app may be restarted in between; a run goes on without it being asked. */
const SILENCE_MS = 120_000;
/** A run that shows nothing new for so long is left to itself: it may wait for somebody, or for what does not answer. */
const STILL_MS = 60_000;
/** Nobody who starts the services waits long for what an earlier start has left. */
const EARLIER_STILL_MS = 10_000;
const MOST_ROWS = 200;

export interface Demonstration {
  readonly endpoints: Endpoints;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Returns the id of the run it showed. */
export async function demonstrate({ endpoints, terminal, signal }: Demonstration): Promise<string> {
  const sent = await uploadSamples(endpoints.blobConnectionString, signal);
  if (sent > 0) terminal.say(`Put ${sent} sample pictures into container ${SAMPLE_CONTAINER}.`);
  const api = createDemoApi(endpoints.api, signal, process.env.CONTACTSHEET_KEY);
  const { id, isNew } = await api.startRun(SAMPLE_CONTAINER);
  terminal.say(isNew ? `Started run ${id}.` : `Run ${id} is already active: following it.`);
  const run = await follow(api, id, terminal, signal, isNew ? STILL_MS : EARLIER_STILL_MS);
  if (hasEnded(run.status)) terminal.say(`Run ${id} ended: ${run.status}.`);
  else terminal.say(leftAlone(run));
  for (const group of run.failureGroups) terminal.say(`  ${group.count} x ${group.reason}`);
  terminal.say();
  await showResults(api, terminal);
  return id;
}

/** Of a run that does not move: why, and how to end it. */
export function leftAlone({ id, status, waiting }: Pick<DemoRun, 'id' | 'status' | 'waiting'>): string {
  const why = waiting === undefined ? '' : ` (${waiting.replace(/[.]$/, '')})`;
  return `Run ${id} does not move: ${status}${why}. The demonstration goes on without it. To end it: npx contactsheet run cancel ${id}`;
}

/** Until the run has ended, or has shown nothing new for `stillMs`. */
export async function follow(
  api: Pick<DemoApi, 'run'>,
  id: string,
  terminal: Pick<Terminal, 'live' | 'settle' | 'width'>,
  signal: AbortSignal,
  stillMs: number,
): Promise<DemoRun> {
  const started = Date.now();
  let heard = Date.now();
  let moved = Date.now();
  let shown = '';
  for (;;) {
    signal.throwIfAborted();
    try {
      const run = await api.run(id);
      heard = Date.now();
      terminal.live(progressLine(run, heard - started, terminal.width && terminal.width - 1));
      const seen = JSON.stringify([run.status, run.phase, run.counts, run.calls]);
      if (seen !== shown) moved = heard;
      shown = seen;
      if (hasEnded(run.status) || heard - moved > stillMs) {
        terminal.settle();
        return run;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() - heard > SILENCE_MS) throw error;
    }
    await pause(POLL_MS);
  }
}

/** What comes last goes first where there is no room for all. */
export function progressLine(
  run: Pick<DemoRun, 'status' | 'phase' | 'counts' | 'calls'>,
  elapsedMs: number,
  width = Number.POSITIVE_INFINITY,
): string {
  const { counts } = run;
  const seconds = `${Math.round(elapsedMs / 1000)} s`;
  if (counts.total === 0 && !counts.totalIsFinal) return [run.status, run.phase, seconds].join(' · ');
  const done = counts.succeeded + counts.failed + counts.skipped + counts.unchanged;
  const total = counts.totalIsFinal ? `${counts.total}` : `${counts.total} or more`;
  const words = [
    `${run.status} (${run.phase}): ${done} of ${total} images`,
    `${counts.succeeded} succeeded`,
    `${counts.failed} failed`,
    `${counts.skipped} skipped`,
    ...(counts.unchanged ? [`${counts.unchanged} unchanged`] : []),
    `${run.calls} Vision calls`,
    seconds,
  ];
  while (words.length > 1 && displayWidth(words.join(' · ')) > width) words.pop();
  return words.join(' · ');
}

async function showResults(api: DemoApi, terminal: Terminal): Promise<void> {
  const images = await api.images(SAMPLE_CONTAINER, MOST_ROWS);
  for (const line of tableLines(COLUMNS, images.map(rowOf), terminal.width, 'a wider terminal shows all'))
    terminal.say(line);
  const { images: counts, tags, bytes } = await api.totals(SAMPLE_CONTAINER);
  if (counts.total > images.length) terminal.say(`... and ${counts.total - images.length} more.`);
  const shares = [`${counts.succeeded} succeeded`, `${counts.failed} failed`, `${counts.skipped} skipped`];
  const size = bytes ? `, ${(bytes / 1e6).toFixed(1)} MB` : '';
  terminal.say();
  sayWrapped(terminal, `Totals of the container actor: ${counts.total} images (${shares.join(', ')})${size}.`);
  const top = tags.slice(0, 10).map(({ name, count }) => `${name} ${count}`);
  if (top.length > 0) sayWrapped(terminal, `Most frequent tags: ${printable(top.join(', '))}.`);
}

function sayWrapped(terminal: Terminal, text: string): void {
  for (const line of wrap(text, terminal.width ?? Number.POSITIVE_INFINITY)) terminal.say(line);
}

const COLUMNS: readonly Column[] = [
  { title: 'IMAGE', shrinks: 'middle', least: 24 },
  { title: 'CAPTION, MEASURED WORDS OR REASON', shrinks: 'end', least: 24 },
  { title: 'TAGS', shrinks: 'end', least: 24, drops: 2 },
  { title: 'COLOURS', shrinks: 'end', drops: 1 },
  { title: 'STATUS' },
];

export function rowOf(image: Pick<DemoImage, 'blob' | 'status' | 'reason' | 'analysis'>): string[] {
  const { analysis } = image;
  const caption =
    analysis?.description?.captions?.[0]?.text ?? (analysis?.description?.tags ?? []).slice(0, 6).join(', ');
  // A picture that was not analysed has none, and room for the reason.
  const words = caption === '' ? (image.reason ?? '') : caption;
  return [
    image.blob,
    words,
    (analysis?.tags ?? [])
      .map((tag) => tag.name)
      .slice(0, 6)
      .join(', '),
    (analysis?.color?.dominantColors ?? []).join(', '),
    image.status,
  ];
}
