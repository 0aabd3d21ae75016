/**
 * Throughput, as far as an account refuses by it. No request is slowed down by an offer here.
 *
 * O1 A container shares the offer of its database where that has one and the container asks for none. Where neither has one,
 *    the container gets 400 RU/s, as on every account that is not serverless.
 *
 * Source: "Create a Database" and "Create a Collection" (x-ms-offer-throughput, x-ms-cosmos-offer-autopilot-settings), "Offer",
 * "Azure Cosmos DB service quotas".
 */
import { CosmosError, HEADERS } from './protocol';
import type { CosmosRequest } from './request';
import { isObject, type JsonObject } from './sql/values';

export interface Offer {
  /** RU/s; of autoscale the most. */
  readonly throughput: number;
  readonly isAutoscale: boolean;
}

/** O1 */
export const DEFAULT_OFFER: Offer = { throughput: 400, isAutoscale: false };

const MANUAL = { least: 400, most: 1_000_000, step: 100 } as const;
const AUTOSCALE = { least: 1_000, most: 1_000_000, step: 1_000 } as const;

/** What a creation asks for. @throws CosmosError 400 */
export function parseOffer(request: CosmosRequest): Offer | undefined {
  const manual = request.header(HEADERS.offerThroughput);
  const autoscale = request.header(HEADERS.offerAutopilot);
  if (manual !== undefined && autoscale !== undefined) {
    throw new CosmosError(400, 'Offer throughput and autopilot settings cannot both be given.');
  }
  if (manual !== undefined) return { throughput: within(MANUAL, Number(manual)), isAutoscale: false };
  if (autoscale === undefined) return undefined;
  return { throughput: within(AUTOSCALE, maxThroughputIn(autoscale)), isAutoscale: true };
}

function maxThroughputIn(text: string): number {
  try {
    const settings: unknown = JSON.parse(text);
    return isObject(settings as never) ? Number((settings as JsonObject).maxThroughput) : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function within({ least, most, step }: typeof MANUAL | typeof AUTOSCALE, asked: number): number {
  if (Number.isInteger(asked) && asked >= least && asked <= most && asked % step === 0) return asked;
  throw new CosmosError(
    400,
    `The offer should have valid throughput values between ${least} and ${most} inclusive in increments of ${step}.`,
  );
}

/** @throws CosmosError 400/1028 when the account may not have so much in all, as one of the free tier */
export function checkTotal(offers: readonly Offer[], added: Offer | undefined, limit: number | undefined): void {
  if (added === undefined || limit === undefined) return;
  const total = [...offers, added].reduce((sum, { throughput }) => sum + throughput, 0);
  if (total <= limit) return;
  throw new CosmosError(
    400,
    `Your account is currently configured with a total throughput limit of ${limit} RU/s. This operation failed because it would have increased the total throughput to ${total} RU/s. See https://aka.ms/cosmos-tp-limit for more information.`,
    { [HEADERS.substatus]: '1028' },
  );
}

/** @param owner the resource that has it */
export function offerResource({ throughput, isAutoscale }: Offer, owner: JsonObject): JsonObject {
  const id = String(owner._rid);
  return {
    id,
    _rid: id,
    _self: `offers/${id}/`,
    _etag: owner._etag ?? '',
    _ts: owner._ts ?? 0,
    offerVersion: 'V2',
    offerType: 'Invalid',
    resource: owner._self ?? '',
    offerResourceId: id,
    content: {
      offerThroughput: isAutoscale ? throughput / 10 : throughput,
      ...(isAutoscale && { offerAutopilotSettings: { maxThroughput: throughput } }),
    },
  };
}
