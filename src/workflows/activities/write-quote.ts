import { type QuoteRunDeps, quoteRun } from '../../use-cases/quotes/quote-run';
import { writeQuote } from '../steps';
import { activity } from './activity';

/** Prices the run. Idempotent by run: a later quote replaces an earlier one. */
export function createWriteQuote(deps: QuoteRunDeps) {
  return activity(
    writeQuote,
    (scope) => quoteRun(deps, scope),
    (_, control) => ({ control, needsApproval: false }),
  );
}
