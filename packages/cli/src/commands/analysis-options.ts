import { type Command, InvalidArgumentError } from 'commander';
import { defined } from 'contactsheet/contract';
import { commaList, positiveNumber } from '../session';

/** Options of everything that says what a run does, and the body that says it to the API. */

export interface AnalysisOptions {
  readonly prefix?: string;
  readonly features?: readonly string[];
}

export function addAnalysisOptions(command: Command): Command {
  return command
    .option('--prefix <text>', 'only blobs whose names start with it')
    .option('--features <names>', 'features to ask Vision for, separated by commas', commaList);
}

export type Approval = 'auto' | 'always' | { readonly above: number };

export interface SpendingOptions {
  readonly approve?: Approval;
  readonly maxTransactions?: number;
}

export function addSpendingOptions(command: Command): Command {
  return command
    .option('--max-transactions <n>', 'stop before spending more than this many transactions', positiveNumber)
    .option('--approve <rule>', 'ask before spending: auto, always, or above:AMOUNT', approvalRule);
}

export function analysisBody({ prefix, features }: AnalysisOptions) {
  return defined({ prefix, features });
}

export function approvalRule(text: string): Approval {
  if (text === 'auto' || text === 'always') return text;
  const [, amount] = /^above:(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('Use auto, always, or above:AMOUNT such as above:2.50.');
  return { above: Number(amount) };
}
