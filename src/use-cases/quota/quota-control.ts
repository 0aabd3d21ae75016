import type { Actors } from '../../actors';
import type { QuotaView } from '../../actors/quota/vision-quota-actor.api';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import type { QuotaAsked, QuotaReading } from './port';

/** Shows and sets the quota of the one Vision resource that this installation calls. */
export class QuotaControl {
  constructor(
    private readonly actors: Pick<Actors, 'quota'>,
    private readonly resource: string,
  ) {}

  async view(): Promise<QuotaReading> {
    return this.reading(await this.actors.quota().view());
  }

  /** @throws AppError invalid-request when it names another resource */
  async set({ resource = this.resource, ...change }: QuotaAsked) {
    if (resource !== this.resource) {
      throw new AppError('invalid-request', `This installation calls the resource '${this.resource}' alone.`, {
        context: { pointer: '/body/resource' },
      });
    }
    return this.reading(await this.actors.quota().configure(change));
  }

  private reading({ settings, ledger, factor, pausedUntil }: QuotaView): QuotaReading {
    const paused = defined({ pausedUntil });
    return { resource: this.resource, ...settings, spent: ledger, factor, ...paused };
  }
}
