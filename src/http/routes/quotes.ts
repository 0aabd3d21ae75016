import { ContainerQuoteSchema } from '../../contract/schemas/run';
import { mayConsent } from '../../domain/access/decision';
import { defined } from '../../domain/defined';
import type { QuoteUseCases } from '../../use-cases/quotes/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import { waited } from './operations';

export function quote(ask: Pick<QuoteUseCases, 'quote' | 'sampleQuote'>): Handler<'quote'> {
  return async ({ params: { container }, query: { sample }, body, caller, links }) => {
    const command = { container, ...defined(body) };
    if (sample !== undefined) {
      const isApproved = mayConsent(caller) && ({ isApproved: true } as const);
      return waited(await ask.sampleQuote({ ...command, sample, ...isApproved }), links);
    }
    return { status: 200, body: onlyFields(await ask.quote(command), ContainerQuoteSchema) };
  };
}
