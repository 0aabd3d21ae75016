import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { verifyAudit } from 'contactsheet/contract';
import type { AuditEntry, Outcome } from '../api/documents';
import { EXIT } from '../exit-codes';
import { Failure, Interrupted } from '../failure';
import { type Output, onePage } from '../output';
import { positiveNumber, type Registrar, type Session } from '../session';
import { plainLines } from '../text/plain';
import { bytes } from '../text/quantities';
import { auditView, failedImagesView, outcomesView, stepsView } from '../views/records';
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
  addFilters(run.command('results').description('list what a run did with each image'))
    .option('--status <status>', 'only images of this status, such as failed')
    .action(
      action<ResultsOptions>(async (session, [id = ''], options) => {
        const { out } = session;
        await out.list(imagesOf(session, id, options), outcomesView(out.colors), options.limit);
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
    .option('--out <file>', 'write it to this file, which appears when it is complete')
    .action(action<ReportOptions>(report));
}

function addFilters(command: Command): Command {
  return command
    .argument('<run>')
    .option('--reason <reason>', 'only images with this reason')
    .option('--prefix <text>', 'only blobs whose names start with it')
    .option('--limit <n>', 'at most this many', positiveNumber);
}

function imagesOf({ api }: Session, id: string, { status, reason, prefix, limit = MAX_PAGE }: ResultsOptions) {
  const query = { status: status as Outcome['status'], reason, prefix, maxpagesize: Math.min(limit, MAX_PAGE) };
  return api.pages('listRunImages', { params: { id }, query }, { what: 'the images of a run' });
}

async function failures(
  session: Session,
  [id = '']: readonly string[],
  { images, ...options }: ResultsOptions & { readonly images?: true },
): Promise<void> {
  const { api, out } = session;
  if (images || options.prefix !== undefined) {
    const failed = imagesOf(session, id, { ...options, status: 'failed' });
    return out.list(failed, failedImagesView, options.limit);
  }
  const { failureGroups } = (await api.getRun({ params: { id } }, { what: 'runs' })).body;
  const { reason } = options;
  const groups = failureGroups.filter((group) => reason === undefined || group.reason === reason);
  return out.list(onePage(groups), failureGroupsView, options.limit);
}

function registerDocuments(run: Command, action: Registrar['action']): void {
  run
    .command('receipt')
    .description('the closing account of a run')
    .argument('<run>')
    .action(
      action(async ({ api, out }, [id = '']) => {
        const { body: receipt } = await api.getReceipt({ params: { id } }, { what: 'receipts' });
        await out.value(receipt, () => plainLines(receipt, out.width));
      }),
    );
  run
    .command('steps')
    .description('the workflow as it happened')
    .argument('<run>')
    .action(
      action(async ({ api, out, context }, [id = '']) => {
        const steps = api.pages('listRunSteps', { params: { id } }, { what: 'the steps of a run' });
        await out.list(steps, stepsView(context.now()));
      }),
    );
  run
    .command('audit')
    .description('who gave the run which command, when and why')
    .argument('<run>')
    .option('--verify', 'say whether the chain of hashes is whole')
    .action(
      action<AuditOptions>(async ({ api, out }, [id = ''], { verify }) => {
        const { body } = await api.getAudit({ params: { id } }, { what: 'the audit trail of a run' });
        if (verify) await verifyTrail(out, id, body.value);
        else await out.list(onePage(body.value), auditView);
      }),
    );
}

interface AuditOptions {
  readonly verify?: true;
}

/** @throws Failure when the chain is broken */
async function verifyTrail(out: Output, id: string, entries: readonly AuditEntry[]): Promise<void> {
  const verdict = verifyAudit(id, entries, (text) => createHash('sha256').update(text).digest('hex'));
  if (!verdict.whole) {
    const what = verdict.why === 'gap' ? 'does not follow the one before' : 'is not what was written';
    throw new Failure(EXIT.unexpected, `the audit trail is not whole: entry ${verdict.seq} ${what}`);
  }
  await out.value(verdict, () => [
    verdict.firstSeq === 1
      ? `whole: ${verdict.entries} entries`
      : `whole from entry ${verdict.firstSeq} on: ${verdict.entries} entries; older ones are no longer kept`,
    `last hash: ${verdict.lastHash}`,
  ]);
}

interface ReportOptions {
  readonly format: 'jsonl' | 'csv';
  readonly out?: string;
}

const MEDIA_TYPES = { jsonl: 'application/x-ndjson, application/jsonl', csv: 'text/csv' } as const;

async function report(session: Session, [id = '']: readonly string[], { format, out: file }: ReportOptions) {
  const { api, out } = session;
  const { body: stream } = await api.getRunReport({ params: { id }, accept: MEDIA_TYPES[format] }, { what: 'reports' });
  try {
    if (file === undefined) for await (const chunk of stream) await out.bytes(chunk);
    else out.note(`${file}: ${bytes(await save(stream, file))}`);
  } catch (error) {
    if (session.context.interrupted.aborted) throw new Interrupted();
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('E') && file !== undefined && !code.startsWith('ECONN')) {
      throw new Failure(EXIT.unexpected, `${file} cannot be written (${code})`, [], { cause: error });
    }
    throw new Failure(EXIT.unreachable, 'the report broke off; ask for it again', [], { cause: error });
  }
}

/** Half a report never has the name of a whole one. Returns its size. */
async function save(stream: AsyncIterable<Uint8Array>, file: string): Promise<number> {
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
