import { mayMatch, matches } from '../../domain/run/ledger';
import type { ImageOutcome } from '../../domain/run/report';
import { reasonOfUnprocessed } from '../../domain/run/unprocessed';
import type { GetRun } from './get-run';
import { continuationOf, placeOf } from './line-place';
import type { RunUseCases } from './port';
import type { RunLedger } from './run-ledger';
import { linesOf, type RunLinesDeps } from './run-lines';

export interface ListRunImagesDeps extends RunLinesDeps {
  readonly getRun: GetRun;
  readonly ledger: Pick<RunLedger, 'outlines'>;
}

/** Reports read for one page of images: a filter that matches little answers early, with a continuation. */
const MAX_REPORTS_READ = 200;
/** The same while the run goes on: most of those that are tried are not there yet. */
const MAX_TRIED = 40;
/** Reports read at once, when the first one was not enough. */
const READ_AHEAD = 4;

/** What a run did with its images, page by page. The lines of a few chunks are in hand at a time, whatever its size. */
export function createListRunImages(deps: ListRunImagesDeps): RunUseCases['listRunImages'] {
  const { getRun, ledger } = deps;
  return async (id, filter, { size, continuation }) => {
    const run = await getRun(id);
    const hasRest = reasonOfUnprocessed(run.status) !== undefined;
    const start = placeOf(continuation);
    const value: ImageOutcome[] = [];
    let read = 0;
    for await (const { page, ledger: outline } of ledger.outlines(id, start.page)) {
      const { unread } = outline;
      const isFirst = page === start.page;
      const chunks = [...outline.chunks.entries()].filter(
        ([chunk, row]) => !(isFirst && chunk < start.chunk) && (unread || mayMatch(row, filter, hasRest)),
      );
      for (const some of readAhead(chunks)) {
        const [first = 0] = some[0] ?? [];
        if (read >= (unread ? MAX_TRIED : MAX_REPORTS_READ))
          return { value, continuation: continuationOf({ page, chunk: first, line: 0 }) };
        read += some.length;
        const all = await Promise.all(
          some.map(([chunk, row]) => linesOf(deps, run, { page, chunk, unread: unread === true }, row)),
        );
        for (const [at, [chunk]] of some.entries()) {
          const skip = isFirst && chunk === start.chunk ? start.line : 0;
          for (const [line, outcome] of (all[at] ?? []).entries()) {
            if (line < skip || !matches(outcome, filter)) continue;
            if (value.length === size) return { value, continuation: continuationOf({ page, chunk, line }) };
            value.push(outcome);
          }
        }
      }
    }
    return { value };
  };
}

/** One, and then a few at a time: a page of images is mostly within the first chunk. */
function readAhead<T>(all: readonly T[]): readonly T[][] {
  const groups = all.length > 0 ? [all.slice(0, 1)] : [];
  for (let from = 1; from < all.length; from += READ_AHEAD) groups.push(all.slice(from, from + READ_AHEAD));
  return groups;
}
