import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { paths } from '../api/paths';
import type { Image, Run } from '../api/shapes';
import { EXIT } from '../exit-codes';
import { Failure, Interrupted } from '../failure';
import { onePage } from '../output';
import { positiveNumber, type Registrar, type Session } from '../session';
import { plainLines } from '../text/plain';
import { bytes } from '../text/quantities';
import { failedImagesView, imagesView } from '../views/image';
import { failureGroupsView } from '../views/run';
import { MAX_PAGE } from './run-views';

/** What a run leaves behind: images, failures, receipt, report, steps, audit trail. */

interface ResultsOptions {
  readonly status?: string;
  readonly reason?: string;
  readonly prefix?: string;
  readonly limit?: number;
}

export function registerRunRecords(run: Command, { action }: Registrar): void {
  addFilters(run.command('results').description('list the images of a run with what is known of them'))
    .option('--status <status>', 'succeeded, failed, skipped or removed')
    .action(
      action<ResultsOptions>(async (session, [id = ''], options) => {
        const { out } = session;
        await out.list(imagesOf(session, id, options), imagesView(out.colors), options.limit);
      }),
    );
  addFilters(run.command('failures').description('group the failures of a run by cause'))
    .option('--images', 'each failed image instead of groups')
    .action(action<ResultsOptions & { readonly images?: true }>(failures));
  registerDocuments(run, action);
  run
    .command('report')
    .description('one line for each image, as the API writes it, to standard output or a file')
    .argument('<run>')
    .addOption(new Option('--format <format>', 'of the lines').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--out <file>', 'where to write it; it appears there when it is complete')
    .action(action<ReportOptions>(report));
}

function addFilters(command: Command): Command {
  return command
    .argument('<run>')
    .option('--reason <reason>', 'only images with this reason')
    .option('--prefix <text>', 'only blobs whose names start with it')
    .option('--limit <n>', 'at most so many', positiveNumber);
}

function imagesOf({ api }: Session, id: string, { status, reason, prefix, limit = MAX_PAGE }: ResultsOptions) {
  return api.pages<Image>(paths.run(id, '/images'), {
    what: 'the images of a run',
    query: { status, reason, prefix, maxpagesize: Math.min(limit, MAX_PAGE) },
  });
}

async function failures(
  session: Session,
  [id = '']: readonly string[],
  { images, ...options }: ResultsOptions & { readonly images?: true },
): Promise<void> {
  const { api, out } = session;
  if (images || options.prefix !== undefined) {
    const failed = imagesOf(session, id, { ...options, status: 'failed' });
    return out.list(failed, failedImagesView(), options.limit);
  }
  const { failureGroups } = await api.get<Run>(paths.run(id), { what: 'runs' });
  const { reason } = options;
  const groups = failureGroups.filter((group) => reason === undefined || group.reason === reason);
  return out.list(onePage(groups), failureGroupsView, options.limit);
}

function registerDocuments(run: Command, action: Registrar['action']): void {
  const documents = [
    ['receipt', 'the closing account of a run', 'receipts'],
    ['steps', 'the workflow as it happened', 'the steps of a run'],
    ['audit', 'who told the run what, when and why', 'the audit trail of a run'],
  ] as const;
  for (const [name, description, what] of documents) {
    run
      .command(name)
      .description(description)
      .argument('<run>')
      .action(
        action(async ({ api, out }, [id = '']) => {
          const document = await api.get<Record<string, unknown>>(paths.run(id, `/${name}`), { what });
          const { value } = document;
          const isList = Array.isArray(value);
          const isLines = out.format === 'jsonl' && isList;
          if (isLines) await out.list(onePage(value), { columns: [], row: () => [], empty: '' });
          else await out.value(document, () => plainLines(isList ? value : document, out.width));
        }),
      );
  }
}

interface ReportOptions {
  readonly format: 'jsonl' | 'csv';
  readonly out?: string;
}

const MEDIA_TYPES = { jsonl: 'application/x-ndjson, application/jsonl', csv: 'text/csv' } as const;

async function report(session: Session, [id = '']: readonly string[], { format, out: file }: ReportOptions) {
  const { api, out } = session;
  const stream = await api.stream(paths.run(id, '/report'), { what: 'reports', mediaType: MEDIA_TYPES[format] });
  try {
    if (file === undefined) for await (const chunk of stream) await out.bytes(chunk as Uint8Array);
    else out.note(`${file}: ${bytes(await save(stream, file))}`);
  } catch (error) {
    if (session.world.interrupted.aborted) throw new Interrupted();
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('E') && file !== undefined && !code.startsWith('ECONN')) {
      throw new Failure(EXIT.unexpected, `${file} cannot be written (${code})`, [], { cause: error });
    }
    throw new Failure(EXIT.unreachable, 'the report broke off; it can be asked for again', [], { cause: error });
  }
}

/** Half a report never has the name of a whole one. Returns its size. */
async function save(stream: Readable, file: string): Promise<number> {
  const part = `${file}.part`;
  const sink = createWriteStream(part);
  try {
    await pipeline(stream, sink);
    await rename(part, file);
    return sink.bytesWritten;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
