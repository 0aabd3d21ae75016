import type { Watch, WatchSettings } from '../../domain/watch/watch';

/** Containers that are looked at again and again. */
export interface WatchUseCases {
  /** Settings, and what the last look found. @throws AppError invalid-container-name, watch-not-found */
  getWatch(container: string): Promise<Watch>;
  /** Idempotent; looks at once. @throws AppError invalid-container-name, container-not-found, workflow-unavailable */
  setWatch(settings: WatchSettings): Promise<Watch>;
  /** Idempotent. Runs that were started go on. @throws AppError invalid-container-name */
  removeWatch(container: string): Promise<void>;
}
