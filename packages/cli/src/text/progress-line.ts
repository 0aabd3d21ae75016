import type { Run } from '../api/documents';
import type { Pace } from './pace';
import { printable } from '@contactsheet/terminal';
import { duration, money, percent } from './quantities';

/** The one line that answers: is it moving, how long, how much, what broke. `812/1240 65% 3.1/s ETA 2m10s ok 803 fail 9` */
export function progressLine(run: Run, pace: Pace): string {
  return printable([...stateWords(run, pace), costWords(run)].filter(Boolean).join(' '));
}

function stateWords(run: Run, pace: Pace): string[] {
  const { status, counts } = run;
  switch (status) {
    case 'Queued':
      return ['queued', waitingWords(run)];
    case 'Counting':
      return [`counting... ${counts.total}${counts.totalIsFinal ? '' : '+'} images`, waitingWords(run)];
    case 'AwaitingApproval':
      return ['waiting for approval:', `${run.quote?.transactions ?? '?'} transactions`];
    case 'Pausing':
    case 'Cancelling':
      return [`${status.toLowerCase()}, ${counts.inFlight} images already sent`];
    case 'Paused':
      return ['paused at', doneWords(run)];
    case 'StoppedAtBudget':
      return ['stopped at its budget at', doneWords(run)];
    case 'Running':
      return [doneWords(run), speedWords(run, pace), resultWords(run), waitingWords(run)];
    default:
      return [`${status}:`, doneWords(run), resultWords(run)];
  }
}

export function doneOf({ counts }: Pick<Run, 'counts'>): number {
  return counts.succeeded + counts.failed + counts.skipped + counts.unchanged;
}

function doneWords(run: Run): string {
  const { total, totalIsFinal } = run.counts;
  const done = doneOf(run);
  return totalIsFinal ? `${done}/${total} ${percent(done, total)}` : `${done}/${total}+`;
}

function speedWords(run: Run, { ratePerSecond, stalledMs, isSteady }: Pace): string {
  if (stalledMs !== undefined) return `stalled for ${duration(stalledMs)}`;
  if (ratePerSecond <= 0) return '';
  const rate = `${ratePerSecond < 10 ? ratePerSecond.toFixed(1) : Math.round(ratePerSecond)}/s`;
  if (!isSteady || !run.counts.totalIsFinal) return rate;
  return `${rate} ETA ${duration(((run.counts.total - doneOf(run)) / ratePerSecond) * 1000)}`;
}

function resultWords({ counts }: Run): string {
  const words = [`ok ${counts.succeeded}`, `fail ${counts.failed}`];
  if (counts.skipped > 0) words.push(`skip ${counts.skipped}`);
  if (counts.unchanged > 0) words.push(`same ${counts.unchanged}`);
  return words.join(' ');
}

function waitingWords({ waiting }: Run): string {
  return waiting === undefined ? '' : `(${waiting})`;
}

/** While nothing is spent, what it is going to cost; afterwards, what was spent. */
function costWords({ status, quote, transactions }: Run): string {
  if (quote === undefined) return '';
  const { unit, currency, total } = quote.price;
  return `~${money(status === 'AwaitingApproval' ? total : transactions * unit, currency)}`;
}
