import { z } from 'zod';
import { FEATURE_NAMES_40, FEATURES_32 } from '../../domain/image/vision-features';
import { blobText } from './values';

/** What a caller may say about an analysis, in every request that asks for one. */

const amount = z.number().nonnegative().max(1_000_000_000);

export const ApprovalSchema = z
  .union([z.enum(['auto', 'always']), z.strictObject({ above: amount })], '"auto", "always", or {"above": AMOUNT}.')
  .meta({
    description: 'When to ask before money is spent: never, always, or above an amount. Default: as configured.',
  });

export const MaxTransactionsSchema = z
  .number()
  .int()
  .nonnegative()
  .max(1_000_000_000)
  .meta({ description: 'Stop before the run spends more.' });

export const FeaturesSchema = z
  .array(z.string().trim().min(1).max(40))
  .min(1)
  .max(20)
  .readonly()
  .meta({
    id: 'Features',
    description: featuresText(
      `Vision 3.2 has ${FEATURES_32.join(', ')}; Vision 4.0 has ${FEATURE_NAMES_40.join(', ')}.`,
    ),
  });

/** The same with what one installation offers: it is either on Vision 3.2 or on 4.0. */
export function featuresTextOf(offered: readonly string[]): string {
  return featuresText(`This installation has ${offered.join(', ')}.`);
}

function featuresText(names: string): string {
  const crops = '`smartCrops:0.90:1.33` of 4.0 names aspect ratios, up to 6 from 0.75 to 1.80. ';
  return (
    `What Vision is asked for, in any case and each once. ${names} ${names.includes('smartCrops') ? crops : ''}` +
    'Default: as configured. Only what the stored analysis of an image lacks is paid for.'
  );
}

export const PrefixSchema = blobText.meta({ description: 'Only blobs whose names start with it.' });
