import type { Command } from 'commander';
import { paths } from '../api/paths';
import type { Quote } from '../api/shapes';
import { positiveNumber, type Registrar, type Session } from '../session';
import { quoteLines } from '../views/quote';
import { type AnalysisOptions, addAnalysisOptions, analysisBody } from './analysis-options';

/** A quote lists the whole container: a million blobs take minutes. */
const QUOTE_TIMEOUT_MS = 600_000;

interface QuoteOptions extends AnalysisOptions {
  readonly sample?: number;
}

export function registerQuote(program: Command, { action }: Registrar): void {
  const quote = program
    .command('quote')
    .description('say what a run would cost, before anything is spent')
    .argument('<container>')
    .option('--sample <n>', 'analyse n images at random first, and measure', positiveNumber);
  addAnalysisOptions(quote).action(
    action<QuoteOptions>(async (session, [container = ''], options) =>
      printQuote(session, await askQuote(session, container, options)),
    ),
  );
}

export async function askQuote({ api }: Session, container: string, options: QuoteOptions): Promise<Quote> {
  const { body } = await api.ask<Quote>(paths.container(container, '/quotes'), {
    method: 'POST',
    what: 'quotes',
    body: analysisBody(options),
    query: { sample: options.sample },
    timeoutMs: QUOTE_TIMEOUT_MS,
  });
  return body;
}

export function printQuote({ out }: Session, quote: Quote): Promise<void> {
  return out.value(quote, () => quoteLines(quote));
}
