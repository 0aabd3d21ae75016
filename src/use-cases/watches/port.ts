import type { Watch, WatchSettings } from '../../domain/watch/watch';

/** Containers that are looked at again and again. */
export interface WatchUseCases {
  /** @throws AppError watch-not-found */
  getWatch(container: string): Promise<Watch>;
  /** Idempotent; looks at once. @throws AppError container-not-found */
  setWatch(settings: WatchSettings): Promise<Watch>;
  /** Idempotent. Runs that were started go on. */
  removeWatch(container: string): Promise<void>;
}
