import { z } from 'zod';
import { TOP_TAGS } from '../../domain/money/sample';
import { confidence, count, list, money, tally } from './values';

export const SampleSchema = z
  .object({
    size: count.meta({ description: 'Images drawn at random of those that a run would work on.' }),
    analysed: count.meta({ description: 'With an answer, paid for or known.' }),
    cached: count.meta({ description: 'Of the analysed: known before, so no call was made.' }),
    failed: count,
    errorRate: confidence.meta({ description: 'Failed, of those that were analysed or failed.' }),
    failures: tally.meta({ description: 'Failed images by reason.' }),
    ineligible: tally.meta({ description: 'Images that Vision does not take, by reason: no call.' }),
    tags: list(z.object({ name: z.string(), count, meanConfidence: confidence })).meta({
      description: `Most frequent first, at most ${TOP_TAGS}.`,
    }),
    calls: count,
    transactions: count,
    cost: z
      .object({ unit: money, currency: z.string(), total: money })
      .meta({ description: 'Of the transactions that were made.' }),
    meanCallMs: count.optional().meta({ description: 'Of the answered calls; the waiting for quota is left out.' }),
    projected: z
      .object({ calls: count, transactions: count, total: money })
      .optional()
      .meta({ description: 'What the rest would come to if it is like the sample: never more than the quote.' }),
    reason: z.string().optional().meta({ description: 'Why some images were not looked at, when some were not.' }),
  })
  .meta({ id: 'Sample', description: 'Some images, analysed before a run: measured, not estimated.' });
