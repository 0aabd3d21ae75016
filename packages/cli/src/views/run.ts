import { COUNTERS, type CounterDefinition, type RetryScope, WORK_COUNTERS } from 'contactsheet/contract';
import type { FailureGroup, Run } from '../api/documents';
import { type ListView, MORE, type Output } from '../output';
import { type Colors, paintStatus } from '../text/colors';
import { doneOf } from '../text/progress-line';
import { bytes, count, duration, money, time } from '../text/quantities';
import { pairLines, printable, tableLines } from '@contactsheet/terminal';
import { retryWords } from './records';

/** Runs as text. */

const INDENT = '  ';

export function runsView(colors: Colors, nowMs: number): ListView<Run> {
  return {
    columns: [
      { title: 'RUN' },
      { title: 'STATUS', paint: (text, status) => paintStatus(colors, status, text) },
      { title: 'CONTAINER', shrinks: 'middle' },
      { title: 'STARTED', drops: 2 },
      { title: 'TOOK', align: 'right', drops: 3 },
      { title: 'DONE', align: 'right' },
      { title: 'FAILED', align: 'right', drops: 4 },
      { title: 'COST', align: 'right', drops: 1 },
    ],
    row: (run) => [
      run.id,
      run.status,
      run.container,
      time(run.startedAt),
      duration(tookMs(run, nowMs)),
      `${doneOf(run)}/${run.counts.total}${run.counts.totalIsFinal ? '' : '+'}`,
      count(run.counts.failed),
      spent(run) ?? '',
    ],
    empty: 'No runs. Start one with: contactsheet run start <container>',
  };
}

export function runLines(run: Run, { colors, width }: Pick<Output, 'colors' | 'width'>, nowMs: number): string[] {
  const { counts } = run;
  const title = `Run ${run.id} over ${printable(run.container)}: `;
  const cost = spent(run);
  return [
    `${title}${paintStatus(colors, run.status)}`,
    ...pairLines(
      [
        ['prefix', run.prefix],
        ['features', run.features?.join(', ')],
        ['only', run.retry && scopeWords(run.retry)],
        ['reason', run.reason],
        ['cure', run.cure && !run.reason?.includes(run.cure) ? run.cure : undefined], // runs of today say it in the reason
        ['waiting', run.waiting],
        ['images', `${count(counts.total)}${counts.totalIsFinal ? '' : '+'}: ${countWords(run)}`],
        ['removed', run.removed > 0 ? count(run.removed) : undefined],
        ['calls', `${count(run.calls)} (${count(run.transactions)} transactions${cost ? `, about ${cost}` : ''})`],
        ...counterRows(run),
        ['plan', planWords(run)],
        ['retry of', run.retryOf],
        ['started', time(run.startedAt)],
        [run.endedAt === undefined ? 'running for' : 'took', duration(tookMs(run, nowMs))],
      ],
      width && width - INDENT.length,
    ).map((line) => `${INDENT}${line}`),
    ...(run.failureGroups.length === 0 ? [] : ['', ...failureGroupLines(run.failureGroups, width)]),
  ];
}

/** Calls and transactions have a line of their own. A server of an older version does not tell all. */
function counterRows(run: Run): [string, string | undefined][] {
  return WORK_COUNTERS.filter((counter) => counter !== 'calls' && counter !== 'transactions').map((counter) => {
    const { label, unit } = COUNTERS[counter];
    const value = run[counter] ?? 0;
    return [label, value > 0 ? amount(value, unit) : undefined];
  });
}

function amount(value: number, unit: CounterDefinition['unit']): string {
  return unit === 'bytes' ? bytes(value) : count(value);
}

function scopeWords({ status = 'failed', reason, code }: RetryScope): string {
  const words = [`${status} images`, reason && `reason ${reason}`, code && `code ${code}`];
  return words.filter((word) => word !== undefined).join(', ');
}

function countWords({ counts }: Run): string {
  const words = [
    `${count(counts.succeeded)} analysed`,
    `${count(counts.failed)} failed`,
    `${count(counts.skipped)} skipped`,
    `${count(counts.unchanged)} unchanged`,
  ];
  return [...words, ...(counts.inFlight > 0 ? [`${count(counts.inFlight)} in flight`] : [])].join(', ');
}

/** What a run that waits for approval is going to do. */
function planWords({ status, quote }: Run): string | undefined {
  if (status !== 'AwaitingApproval' || quote === undefined) return undefined;
  const { currency, total } = quote.price;
  return `${count(quote.calls)} calls, ${count(quote.transactions)} transactions, about ${money(total, currency)}`;
}

function spent({ transactions, quote }: Run): string | undefined {
  return quote && money(transactions * quote.price.unit, quote.price.currency);
}

function tookMs({ startedAt, endedAt }: Run, nowMs: number): number {
  const ms = (endedAt === undefined ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt);
  return Math.max(0, ms); // clocks differ, and go back
}

export const failureGroupsView: ListView<FailureGroup> = {
  columns: [
    { title: 'FAILED', align: 'right' },
    { title: 'STAGE' },
    { title: 'CODE', shrinks: 'end' },
    { title: 'REASON', shrinks: 'end', drops: 2 },
    { title: 'RETRY', drops: 1 },
    { title: 'SAMPLE', shrinks: 'middle' },
    { title: 'WHAT TO DO', shrinks: 'end', drops: 3 },
  ],
  row: (group) => [
    count(group.count),
    group.stage,
    group.code,
    group.reason,
    retryWords(group.retryable),
    group.sample ?? '',
    group.advice ?? '',
  ],
  empty: 'Nothing failed.',
};

function failureGroupLines(groups: readonly FailureGroup[], width: number | undefined): string[] {
  return tableLines(failureGroupsView.columns, groups.map(failureGroupsView.row), width, MORE);
}
