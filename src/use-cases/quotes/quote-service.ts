import type { Actors } from '../../actors';
import { withFeatures } from '../../domain/image/analysis';
import { checkContainerName } from '../../domain/container/container-name';
import type { ContainerQuote } from '../../domain/money/container-quote';
import { AppError } from '../../domain/errors';
import { defined } from '../../domain/defined';
import { type ApprovalRule, freeTransactions } from '../../domain/run/approval';
import { callsLeftInMonth } from '../../domain/quota/month-spending';
import { type ListingCounts, priceOf } from '../../domain/money/quote';
import { projectionOf } from '../../domain/money/projection';
import { Reservoir, sampleOf } from '../../domain/money/sample';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { QuoteCommand, SampleCommand } from './port';
import type { CallAhead, Listing } from '../../pipeline/listing';
import type { Sampling } from '../../pipeline/sampling';
import { chosenFeatures, type FeatureChoice } from '../runs/chosen-features';
import { pricePlan, type QuoteSettings } from './price-plan';

export interface QuoteServiceDeps {
  readonly blobs: Pick<BlobsGateway, 'containerExists'>;
  readonly listing: Pick<Listing, 'count'>;
  readonly sampling: Pick<Sampling, 'run'>;
  readonly runs: Pick<RunsGateway, 'list'>;
  readonly actors: Pick<Actors, 'quota'>;
  readonly vision: FeatureChoice;
  readonly settings: QuoteSettings;
  /** When what is spent must be approved first. Default `auto`. */
  readonly approval?: ApprovalRule;
  readonly random01: () => number;
}

/**
 * What a run would cost if it were started now: lists and compares, calls nothing, writes nothing; a sample alone calls.
 *
 * I1 Each image that a run would call for is as likely to be in a sample as any other, and memory holds the sample only.
 * I2 What a sample has paid for is not in the price of what is left. The plan is that of the run that follows, which knows
 *    those answers by the Content-MD5 that its listing shows, and of a blob without one when it reads it. But a copy of a
 *    sampled image that was not drawn itself stays in plan and price, as finding it would take another listing (I1): that
 *    run costs less and has another plan, to be approved anew.
 * I3 A sample that would need an approval makes no call, unless an approver asks for it. Those that nobody approved count
 *    together, over 24 hours: many small ones cost no more than one may.
 */
export class QuoteService {
  constructor(private readonly deps: QuoteServiceDeps) {}

  async quote(command: QuoteCommand): Promise<ContainerQuote> {
    const scope = await this.scopeOf(command);
    const images = await this.deps.listing.count(scope);
    return this.quoteOf(scope, images, images);
  }

  /** @throws AppError as `quote`, and the reason of `signal` */
  async sampled(
    { sample: size, isApproved, ...command }: SampleCommand,
    signal?: AbortSignal,
  ): Promise<ContainerQuote> {
    const scope = await this.scopeOf(command);
    const { container, features } = scope;
    await this.checkMonth(container); // before a listing that may take minutes
    const drawn = new Reservoir<CallAhead>(size, this.deps.random01); // I1
    const images = await this.deps.listing.count(scope, (call) => drawn.offer(call));
    const most = isApproved ? undefined : this.mostWithoutConsent(); // I3
    await this.checkConsent(drawn.items, most);
    const task = { container, features, calls: drawn.items, ...defined({ most, signal }) };
    signal?.throwIfAborted();
    const { looked, kept, ended } = await this.deps.sampling.run(task);
    signal?.throwIfAborted(); // what was paid for is in the cache
    if (ended?.why === 'month' && looked.length === 0) throw noCallLeft(container);
    if (ended?.why === 'samples' && looked.length === 0) await this.checkConsent(drawn.items, most); // others were faster
    const sample = sampleOf(drawn.items.length, looked, this.deps.settings.price, ended?.reason);
    const plan = without(
      images,
      kept.filter(({ image }) => image.blob.contentMd5 !== undefined),
    );
    const quote = await this.quoteOf(scope, plan, without(images, kept));
    const projected = projectionOf(quote, looked, this.deps.settings.price);
    return { ...quote, sample: { ...sample, projected } };
  }

  /** @throws AppError where there is no such container, or Vision has no such features */
  private async scopeOf({ container, prefix = '', features }: QuoteCommand) {
    checkContainerName(container);
    const chosen = chosenFeatures(this.deps.vision, features);
    if (!(await this.deps.blobs.containerExists(container))) {
      throw new AppError('container-not-found', `There is no container '${container}' in this storage account.`);
    }
    return { container, prefix, features: chosen };
  }

  /** `images`: those of the `plan` as they are by now (I2). */
  private async quoteOf(
    scope: { readonly container: string; readonly prefix: string; readonly features: readonly string[] },
    plan: ListingCounts,
    images: ListingCounts,
  ): Promise<ContainerQuote> {
    const { container, prefix, features } = scope;
    const analyzer = withFeatures(this.deps.vision.analyzer, features);
    const { settings: quota } = await this.deps.actors.quota().view();
    const facts = { ...quota, images };
    const { duration, ...quote } = pricePlan({ container, prefix, images: plan }, analyzer, this.deps.settings, facts);
    const callsPerSecond = await this.observedRate(container);
    const observed = callsPerSecond === undefined ? {} : { atObservedSeconds: Math.ceil(quote.calls / callsPerSecond) };
    const cached = images.cached ?? 0;
    return { ...scope, ...quote, images: { ...images, cached }, duration: { ...duration, ...observed } };
  }

  private mostWithoutConsent(): number | undefined {
    return freeTransactions(this.deps.approval ?? 'auto', this.deps.settings.price);
  }

  /** @throws AppError approval-needed, by the price of all that was drawn and of the samples of the last 24 hours */
  private async checkConsent(drawn: readonly CallAhead[], most: number | undefined): Promise<void> {
    const transactions = drawn.reduce((sum, call) => sum + call.transactions, 0);
    if (transactions === 0 || most === undefined) return;
    const { sampled } = await this.deps.actors.quota().view();
    if (transactions <= most - sampled) return;
    const { price } = this.deps.settings;
    const cost = (spent: number) => `${spent} transactions (${priceOf(spent, price)} ${price.currency})`;
    const before = sampled > 0 ? ` Samples of the last 24 hours have spent ${cost(sampled)}.` : '';
    throw new AppError(
      'approval-needed',
      `This sample of ${drawn.length} images would spend ${cost(transactions)}, which needs an approval.${before}`,
    );
  }

  private async checkMonth(container: string): Promise<void> {
    const { settings, ledger } = await this.deps.actors.quota().view();
    if (callsLeftInMonth(settings, ledger, { container, transactionsPerCall: 1 }) < 1) throw noCallLeft(container);
  }

  /** Of the container's last complete run that made calls. */
  private async observedRate(container: string): Promise<number | undefined> {
    const filter = { container, statuses: ['Completed', 'CompletedWithErrors'] as const };
    const { value } = await this.deps.runs.list(filter, { size: 5 });
    return value.find(({ callsPerSecond }) => callsPerSecond !== undefined)?.callsPerSecond;
  }
}

/** Who asks for the same sample shares it (I1 of operations.ts): whatever the answer depends on is in it. */
export function sampleTask({ container, prefix = '', features, sample, isApproved }: SampleCommand) {
  return { kind: 'quote', container, variant: JSON.stringify([sample, prefix, features, isApproved]) } as const;
}

/** I2 */
function without(images: ListingCounts, kept: readonly CallAhead[]): ListingCounts {
  if (kept.length === 0) return images;
  const paid = kept.reduce((sum, { transactions }) => sum + transactions, 0);
  const { cached = 0, sparedTransactions = 0, uncertain = 0, ...counts } = images;
  const doubtful = uncertain - kept.filter(({ isUncertain }) => isUncertain).length;
  return {
    ...counts,
    cached: cached + kept.length,
    sparedTransactions: sparedTransactions + paid,
    ...(doubtful > 0 && { uncertain: doubtful }),
  };
}

function noCallLeft(container: string): AppError {
  return new AppError('month-used-up', `A sample calls Vision, and the month leaves no call to '${container}'.`);
}
