import type { Actors } from '../../actors';
import { checkContainerName } from '../../domain/container/container-name';
import { CONFIDENCE_UNIT, type TotalsVector, KEY, named } from '../../domain/container/totals';
import { AppError } from '../../domain/errors';
import type { ImageDocument } from '../../domain/image/image';
import type { ContainerEntry } from '../../domain/container/container-entry';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { Page, PageRequest } from '../../domain/page';
import type { StoreByContainer } from '../../gateways/by-container/port';
import type { ImageFilter, ResultsGateway } from '../../gateways/results/port';
import type { ContainerSummary } from '../../domain/container/container-summary';
import { defined } from '../../domain/defined';
import { singleFlight } from '../../pipeline/single-flight';

/** Tags shown with the totals. */
const TOP_TAGS = 100;

const MAX_SEEN = 10_000;

/**
 * Totals and images of one container: the actor's numbers, the store's documents.
 *
 * I1 A name that no run has covered and the account does not hold starts no actor: names come from outside.
 */
export class ContainerQueries {
  private readonly totals = singleFlight((container) => this.actors.container(container).summary());

  /** Containers that were seen to be there. Bounded: the oldest are asked for again. */
  private readonly seen = new Set<string>();

  constructor(
    private readonly actors: Pick<Actors, 'container'>,
    private readonly blobs: Pick<BlobsGateway, 'containerExists'>,
    private readonly results: ResultsGateway,
    private readonly containers: Pick<StoreByContainer<ContainerEntry>, 'get'>,
  ) {}

  async summary(container: string): Promise<ContainerSummary> {
    checkContainerName(container);
    if (!(await this.isThere(container))) {
      throw new AppError('container-not-found', `There is no container '${container}' in this storage account.`);
    }
    const { counters, activeRun, lastRun } = await this.totals(container);
    return {
      ...summaryOf(container, counters),
      ...defined({ activeRun, lastRun }),
    };
  }

  /** I1: from the index, or else from the account. */
  private async isThere(container: string): Promise<boolean> {
    if (this.seen.has(container)) return true;
    if (!(await this.containers.get(container)) && !(await this.blobs.containerExists(container))) return false;
    this.seen.add(container);
    const [oldest] = this.seen;
    if (this.seen.size > MAX_SEEN && oldest !== undefined) this.seen.delete(oldest);
    return true;
  }

  async images(container: string, filter: ImageFilter, page: PageRequest): Promise<Page<ImageDocument>> {
    checkContainerName(container);
    const tag = filter.tag?.toLowerCase();
    return this.results.list(container, { ...filter, ...defined({ tag }) }, page);
  }

  async image(container: string, blob: string): Promise<ImageDocument> {
    checkContainerName(container);
    const found = await this.results.get(container, blob);
    if (!found) {
      throw new AppError('image-not-found', `No run has covered '${blob}' in '${container}' yet.`);
    }
    return found.document;
  }
}

export function summaryOf(container: string, counters: TotalsVector): ContainerSummary {
  const images = named(counters, KEY.image(''));
  const count = (status: string) => images[status] ?? 0;
  const [succeeded, failed, skipped, removed] = [
    count('succeeded'),
    count('failed'),
    count('skipped'),
    count('removed'),
  ];
  return {
    container,
    images: { total: succeeded + failed + skipped, succeeded, failed, skipped, removed },
    bytes: counters[KEY.bytes] ?? 0,
    formats: named(counters, KEY.format('')),
    categories: named(counters, KEY.category('')),
    colors: named(counters, KEY.color('')),
    analyzers: named(counters, KEY.analyzer('')),
    tags: topTags(counters),
  };
}

function topTags(counters: TotalsVector): ContainerSummary['tags'] {
  return Object.entries(named(counters, KEY.tag('')))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, TOP_TAGS)
    .map(([name, count]) => {
      const confidences = counters[KEY.tagConfidenceCount(name)] ?? 0;
      if (confidences === 0) return { name, count };
      const mean = (counters[KEY.tagConfidence(name)] ?? 0) / confidences / CONFIDENCE_UNIT;
      return { name, count, meanConfidence: Math.round(mean * CONFIDENCE_UNIT) / CONFIDENCE_UNIT };
    });
}
