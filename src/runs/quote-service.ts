import type { Actors } from '../actors';
import { asking } from '../domain/analysis';
import { checkContainerName } from '../domain/container-name';
import { AppError } from '../domain/errors';
import type { BlobsGateway } from '../gateways/blobs/port';
import type { RunsGateway } from '../gateways/runs/port';
import type { ContainerQuote, QuoteCommand } from '../http/use-cases';
import type { Listing } from '../pipeline/listing';
import { chosenFeatures, type FeatureChoice } from './chosen-features';
import { priced, type QuoteSettings } from './priced';

export interface QuoteServiceDeps {
  readonly blobs: Pick<BlobsGateway, 'containerExists'>;
  readonly listing: Pick<Listing, 'count'>;
  readonly runs: Pick<RunsGateway, 'list'>;
  readonly actors: Pick<Actors, 'quota'>;
  readonly vision: FeatureChoice;
  readonly settings: QuoteSettings;
}

/** What a run would cost if it were started now: lists and compares, calls nothing, writes nothing. */
export class QuoteService {
  constructor(private readonly deps: QuoteServiceDeps) {}

  async quote({ container, prefix = '', ...command }: QuoteCommand): Promise<ContainerQuote> {
    checkContainerName(container);
    const features = chosenFeatures(this.deps.vision, command.features);
    if (!(await this.deps.blobs.containerExists(container))) {
      throw new AppError('container-not-found', `There is no container '${container}' in this storage account.`);
    }
    const images = await this.deps.listing.count({ container, prefix, features });
    const analyzer = asking(this.deps.vision.analyzer, features);
    const { settings: quota } = await this.deps.actors.quota().view();
    const { duration, ...quote } = priced({ container, prefix, images }, analyzer, this.deps.settings, quota);
    const callsPerSecond = await this.observedRate(container);
    const observed = callsPerSecond === undefined ? {} : { atObservedSeconds: Math.ceil(quote.calls / callsPerSecond) };
    const cached = images.cached ?? 0;
    return {
      container,
      prefix,
      features,
      ...quote,
      images: { ...images, cached },
      duration: { ...duration, ...observed },
    };
  }

  /** Of the container's last complete run that made calls. */
  private async observedRate(container: string): Promise<number | undefined> {
    const filter = { container, statuses: ['Completed', 'CompletedWithErrors'] as const };
    const { value } = await this.deps.runs.list(filter, { size: 5 });
    return value.find(({ callsPerSecond }) => callsPerSecond !== undefined)?.callsPerSecond;
  }
}
