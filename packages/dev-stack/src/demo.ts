/** The demonstration of `npm start`: a first run over the sample pictures, shown while it goes and as a table at its end. */
import { createDemoApi, type DemoApi, type DemoImage, type DemoRun, hasEnded } from './demo-api';
import type { Endpoints } from './endpoints';
import { printable } from './log-file';
import { pause } from './pause';
import { SAMPLE_CONTAINER, uploadSamples } from './sample-pictures';
import { type Terminal, tableLines } from './terminal';

const POLL_MS = 500;
/** The app may be restarted in between; a run goes on without it being asked. */
const SILENCE_MS = 120_000;
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
  const api = createDemoApi(endpoints.api, signal);
  const { id, isNew } = await api.startRun(SAMPLE_CONTAINER);
  terminal.say(isNew ? `Started run ${id}.` : `Run ${id} is active already: following it.`);
  const run = await follow(api, id, terminal, signal);
  terminal.say(`Run ${id} ended: ${run.status}.`);
  for (const group of run.failureGroups ?? []) terminal.say(`  ${group.count} x ${group.reason ?? 'failed'}`);
  terminal.say();
  await showResults(api, terminal);
  return id;
}

async function follow(api: DemoApi, id: string, terminal: Terminal, signal: AbortSignal): Promise<DemoRun> {
  const started = Date.now();
  let heard = Date.now();
  for (;;) {
    signal.throwIfAborted();
    try {
      const run = await api.run(id);
      heard = Date.now();
      terminal.live(progressLine(run, heard - started));
      if (hasEnded(run.status)) {
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

export function progressLine(run: DemoRun, elapsedMs: number): string {
  const { counts } = run;
  const seconds = `${Math.round(elapsedMs / 1000)} s`;
  if (!counts || (counts.total === 0 && counts.totalIsFinal === false))
    return [run.status, run.phase, seconds].filter(Boolean).join(' · ');
  const done = counts.succeeded + counts.failed + counts.skipped + (counts.unchanged ?? 0);
  const total = counts.totalIsFinal === false ? `${counts.total} or more` : `${counts.total}`;
  return [
    `${run.status}${run.phase ? ` (${run.phase})` : ''}: ${done} of ${total} images`,
    `${counts.succeeded} succeeded`,
    `${counts.failed} failed`,
    `${counts.skipped} skipped`,
    ...(counts.unchanged ? [`${counts.unchanged} unchanged`] : []),
    ...(run.calls === null || run.calls === undefined ? [] : [`${run.calls} Vision calls`]),
    seconds,
  ].join(' · ');
}

async function showResults(api: DemoApi, terminal: Terminal): Promise<void> {
  const images = await api.images(SAMPLE_CONTAINER, MOST_ROWS);
  for (const line of tableLines(COLUMNS, images.map(rowOf), terminal.width)) terminal.say(line);
  const { images: counts, tags, bytes } = await api.totals(SAMPLE_CONTAINER);
  if (counts.total > images.length) terminal.say(`... and ${counts.total - images.length} more.`);
  const shares = [`${counts.succeeded} succeeded`, `${counts.failed} failed`, `${counts.skipped} skipped`];
  const size = bytes ? `, ${(bytes / 1e6).toFixed(1)} MB` : '';
  terminal.say();
  terminal.say(`Totals of the container actor: ${counts.total} images (${shares.join(', ')})${size}.`);
  const top = (tags ?? []).slice(0, 10).map(({ name, count }) => `${name} ${count}`);
  if (top.length > 0) terminal.say(`Most frequent tags: ${printable(top.join(', '))}.`);
}

const COLUMNS = [
  { title: 'Image', share: 26 },
  { title: 'Caption or measured words', share: 34 },
  { title: 'Tags', share: 28 },
  { title: 'Colours', share: 16 },
  { title: 'Status' },
] as const;

export function rowOf(image: DemoImage): string[] {
  const { analysis } = image;
  const caption =
    analysis?.description?.captions?.[0]?.text ?? (analysis?.description?.tags ?? []).slice(0, 6).join(', ');
  return [
    image.blob,
    caption,
    (analysis?.tags ?? [])
      .map((tag) => tag.name)
      .slice(0, 6)
      .join(', '),
    (analysis?.color?.dominantColors ?? []).join(', '),
    image.reason ? `${image.status}: ${image.reason}` : image.status,
  ];
}
