import { type Command, InvalidArgumentError } from 'commander';
import type { Quote } from '../api/documents';
import { finished } from '../operation';
import { type Registrar, type Session, wholeNumber } from '../session';
import { quoteLines } from '../views/quote';
import { type AnalysisOptions, addAnalysisOptions, analysisBody } from './analysis-options';

/** A quote lists the whole container: a million blobs take minutes. */
const QUOTE_TIMEOUT_MS = 600_000;

/** As many as the API takes. */
const MAX_SAMPLE = 100;

export interface SampleOptions {
  readonly sample?: number;
}

interface QuoteOptions extends AnalysisOptions, SampleOptions {}

export function registerQuote(program: Command, { action }: Registrar): void {
  const quote = program
    .command('quote')
    .description('show what a run would cost; only a sample spends money')
    .argument('<container>');
  addSampleOption(addAnalysisOptions(quote)).action(
    action<QuoteOptions>(async (session, [container = ''], options) =>
      printQuote(session, await askQuote(session, container, options)),
    ),
  );
}

export function addSampleOption(command: Command): Command {
  const what = 'analyse n images at random first, 100 at most, and measure: this calls Vision and costs money';
  return command.option('--sample <n>', what, sampleSize);
}

function sampleSize(text: string): number {
  const size = wholeNumber(text);
  if (size < 1 || size > MAX_SAMPLE) throw new InvalidArgumentError(`Use a whole number from 1 to ${MAX_SAMPLE}.`);
  return size;
}

export async function askQuote(session: Session, container: string, options: QuoteOptions): Promise<Quote> {
  const answer = await session.api.quote(
    { params: { container }, query: { sample: options.sample }, body: analysisBody(options) },
    { what: 'quotes', timeoutMs: QUOTE_TIMEOUT_MS },
  );
  return finished<Quote>(session, answer, 'the sample');
}

export function printQuote({ out }: Session, quote: Quote): Promise<void> {
  return out.value(quote, () => quoteLines(quote, out));
}
