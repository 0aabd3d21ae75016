import type { AuditEntry, Outcome, Step } from '../api/documents';
import type { ListView } from '../output';
import { type Colors, paintStatus } from '../text/colors';
import { count, duration, time } from '../text/quantities';

/** What a run leaves behind, as tables. */

export function outcomesView(colors: Colors): ListView<Outcome> {
  return {
    columns: [
      { title: 'STATUS', paint: (text, status) => paintStatus(colors, status, text) },
      { title: 'BLOB', shrinks: 'middle', least: 28 },
      { title: 'CALLS', align: 'right', drops: 3 },
      { title: 'TRANSACTIONS', align: 'right', drops: 1 },
      { title: 'TOOK', align: 'right', drops: 2 },
      { title: 'WHY', shrinks: 'end' },
    ],
    row: (outcome) => [
      outcome.status,
      outcome.blob,
      count(outcome.calls),
      count(outcome.transactions),
      tookOf(outcome),
      outcome.source === 'cache' ? 'from cache' : (outcome.reason ?? outcome.code ?? ''),
    ],
    empty: 'No images.',
  };
}

function tookOf({ waitMs = 0, workMs = 0 }: Outcome): string {
  const ms = Math.round(waitMs + workMs);
  return ms < 10_000 ? `${ms} ms` : duration(ms);
}

/** Images that failed: what a person can do about each. */
export const failedImagesView: ListView<Outcome> = {
  columns: [
    { title: 'BLOB', shrinks: 'middle', least: 24 },
    { title: 'STAGE', drops: 2 },
    { title: 'CODE', shrinks: 'end' },
    { title: 'RETRY', drops: 1 },
    { title: 'WHAT TO DO', shrinks: 'end', least: 24 },
  ],
  row: ({ blob, stage = '', code, reason, retryable, advice = '' }) => [
    blob,
    stage,
    code ?? reason ?? '',
    retryable === undefined ? '' : retryWords(retryable),
    advice,
  ],
  empty: 'No image failed.',
};

export function retryWords(isRetryable: boolean): string {
  return isRetryable ? 'worth it' : 'no use';
}

export function stepsView(nowMs: number): ListView<Step> {
  return {
    columns: [
      { title: 'STEP' },
      { title: 'STATE' },
      { title: 'STARTED' },
      { title: 'TOOK', align: 'right' },
      { title: 'IMAGES', align: 'right', drops: 4 },
      { title: 'CHUNKS', align: 'right', drops: 1 },
      { title: 'CALLS', align: 'right', drops: 3 },
      { title: 'FAILED', align: 'right', drops: 2 },
      { title: 'AGAIN', align: 'right', drops: 5 },
    ],
    row: ({ step, state, startedAt, endedAt, ...more }) => {
      const { page, images, chunks } = { page: undefined, images: undefined, chunks: undefined, ...more };
      return [
        page === undefined ? step : `${step} ${page}`,
        state,
        startedAt === undefined ? '' : time(startedAt),
        startedAt === undefined ? '' : duration((endedAt ? Date.parse(endedAt) : nowMs) - Date.parse(startedAt)),
        images === undefined ? '' : count(images),
        chunks === undefined ? '' : count(chunks.length),
        chunks === undefined ? '' : count(chunks.reduce((sum, chunk) => sum + chunk.calls, 0)),
        chunks === undefined ? '' : count(chunks.reduce((sum, chunk) => sum + chunk.failed, 0)),
        chunks === undefined ? '' : count(chunks.reduce((sum, { executions }) => sum + Math.max(0, executions - 1), 0)),
      ];
    },
    empty: 'No steps yet.',
  };
}

export const auditView: ListView<AuditEntry> = {
  columns: [
    { title: 'AT' },
    { title: 'WHO', shrinks: 'end' },
    { title: 'WHAT' },
    { title: 'STATE', drops: 1 },
    { title: 'REASON', shrinks: 'end' },
  ],
  row: ({ at, who, how, verb, from, to, reason = '', maxTransactions }) => [
    time(at),
    how === undefined ? who : `${who} (${how})`,
    maxTransactions === undefined ? verb : `${verb}, at most ${count(maxTransactions)}`,
    from === undefined || to === undefined ? '' : `${from} > ${to}`,
    reason,
  ],
  empty: 'Nobody has given it a command.',
};
