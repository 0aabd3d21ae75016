import { ContainerQuoteSchema } from '../../contract/schemas/run';
import { defined } from '../../domain/defined';
import type { QuoteUseCases } from '../../use-cases/quotes/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import { waited } from './operations';

export function quote(ask: Pick<QuoteUseCases, 'quote' | 'sampleQuote'>): Handler<'quote'> {
  return async ({ params: { container }, query: { sample }, body, links }) => {
    const command = { container, ...defined(body) };
    if (sample !== undefined) return waited(await ask.sampleQuote({ ...command, sample }), links);
    return { status: 200, body: onlyFields(await ask.quote(command), ContainerQuoteSchema) };
  };
}
