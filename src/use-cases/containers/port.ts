import type { ContainerEntry } from '../../domain/container/container-entry';
import type { ContainerSummary } from '../../domain/container/container-summary';
import type { Repair, Verification } from '../../domain/container/verification';
import type { ImageDocument } from '../../domain/image/image';
import type { ActivityEntry } from '../../gateways/activity-log/port';
import type { Page, PageRequest } from '../../domain/page';
import type { ImageFilter } from '../../gateways/results/port';
import type { WaitedFor } from '../operations/port';

/** What is known of containers and their images, and whether their records agree. A page holds 1 to 100. */
export interface ContainerUseCases {
  /** Containers that were ever analysed, by name, from the read model. */
  listContainers(page: PageRequest): Promise<Page<ContainerEntry>>;
  /** Totals of the container actor. @throws AppError container-not-found when neither blobs nor results know it */
  getContainer(container: string): Promise<ContainerSummary>;
  /** Documents of the container as they are now. @throws AppError invalid-container-name, invalid-request (continuation) */
  listImages(container: string, filter: ImageFilter, page: PageRequest): Promise<Page<ImageDocument>>;
  /** @throws AppError invalid-container-name, image-not-found */
  getImage(container: string, blob: string): Promise<ImageDocument>;
  /** Newest first. @throws AppError invalid-request (continuation) */
  listActivity(container: string, page: PageRequest): Promise<Page<ActivityEntry>>;
  /** Reads every document and compares; changes nothing. @throws AppError container-not-found, run-active */
  verifyContainer(container: string): Promise<WaitedFor<Verification>>;
  /** Sets right what `verifyContainer` finds. @throws AppError container-not-found, run-active */
  repairContainer(container: string, options: { readonly confirmShrink: boolean }): Promise<WaitedFor<Repair>>;
}
