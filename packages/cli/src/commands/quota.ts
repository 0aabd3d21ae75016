import { type Command, InvalidArgumentError } from 'commander';
import { defined } from 'contactsheet/contract';
import { usage } from '../failure';
import { positiveNumber, type Registrar } from '../session';
import { plainLines } from '../text/plain';

const WHAT = 'quotas';

/** One unit or the other. */
interface Rate {
  readonly ratePerSecond?: number;
  readonly ratePerMinute?: number;
}

interface SetOptions {
  readonly rate?: Rate;
  readonly monthly?: number;
  readonly containerMonthly?: number;
  readonly weight?: Readonly<Record<string, number>>;
  readonly resource?: string;
  readonly endWait?: true;
}

export function registerQuota(program: Command, { action }: Registrar): void {
  const quota = program.command('quota').description('the Vision quota: rate, monthly caps, weights');
  quota
    .command('show')
    .description('show the quota')
    .action(
      action(async ({ api, out }) => {
        const { body: now } = await api.getQuota({}, { what: WHAT });
        await out.value(now, () => plainLines(now, out.width));
      }),
    );
  quota
    .command('set')
    .description('change the quota, also during runs; unnamed values stay')
    .option('--rate <rate>', 'calls, such as 10/s or 20/min', rate)
    .option('--monthly <n>', 'transactions of a calendar month', positiveNumber)
    .option('--container-monthly <n>', 'the same for each container', positiveNumber)
    .option('--weight <run=n>', 'the weight of a run among active ones; repeatable', weight)
    .option('--resource <name>', 'the Vision resource it is about')
    .option('--end-wait', 'start calls again before the wait that Vision asked for ends')
    .action(
      action<SetOptions>(async ({ api, out }, _args, options) => {
        if (Object.keys(options).length === 0) throw usage('Nothing to set.', ['(--help lists the options)']);
        const body = changeOf(options);
        const { body: after } = await api.setQuota({ body }, { what: WHAT });
        await out.value(after, () => plainLines(after, out.width));
      }),
    );
}

/** Only what is named: the server keeps the rest, and what was never set follows its configuration. */
function changeOf({ rate, monthly, containerMonthly, weight, resource, endWait }: SetOptions) {
  return {
    ...rate,
    ...defined({
      resource,
      monthlyTransactions: monthly,
      containerMonthlyTransactions: containerMonthly,
      weights: weight,
    }),
    ...(endWait && { pausedUntil: null }),
  };
}

export function rate(text: string): Rate {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\/(s|sec|second|m|min|minute)$/.exec(text) ?? [];
  if (amount === undefined || Number(amount) === 0)
    throw new InvalidArgumentError('Use calls per second or minute, such as 10/s or 20/min.');
  return unit?.startsWith('s') ? { ratePerSecond: Number(amount) } : { ratePerMinute: Number(amount) };
}

export function weight(text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const [, run, share] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (run === undefined) throw new InvalidArgumentError('Use RUN=WEIGHT, such as RUN=2.');
  return { ...before, [run]: Number(share) };
}
