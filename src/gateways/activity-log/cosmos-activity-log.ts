import { createHash } from 'node:crypto';
import type { CosmosClient } from '@azure/cosmos';
import { COSMOS } from '../../names';
import { cosmosError, cosmosStatus } from '../cosmos/failure';
import { queryPage } from '../cosmos/page';
import type { Page, PageRequest } from '../../domain/page';
import type { ActivityEntry, ActivityLogGateway } from './port';

/** An entry as it is stored: its own id is the event's, hashed, since an event's holds slashes and a document's may not. */
interface ActivityDocument extends Omit<ActivityEntry, 'id'> {
  readonly id: string;
  readonly eventId: string;
  /** Seconds after which it expires. */
  readonly ttl: number;
}

export function createCosmosActivityLog(client: CosmosClient, keepDays: number): ActivityLogGateway {
  const ttl = Math.ceil(keepDays * 86_400);
  const container = client.database(COSMOS.database).container(COSMOS.activity.id);
  return {
    async record({ id, container: of, type, subject, time, data }: ActivityEntry): Promise<boolean> {
      const entry = { container: of, type, subject, time, data };
      const document: ActivityDocument = { id: documentId(id), eventId: id, ...entry, ttl };
      try {
        await container.items.create(document);
        return true;
      } catch (thrown) {
        if (cosmosStatus(thrown) === 409) return false;
        throw cosmosError(thrown, `recording event ${id}`);
      }
    },

    async list(of: string, request: PageRequest): Promise<Page<ActivityEntry>> {
      const query = 'SELECT c.eventId, c.container, c.type, c.subject, c.time, c.data FROM c ORDER BY c.time DESC';
      const doing = `listing the activity of '${of}'`;
      const page = await queryPage<Omit<ActivityDocument, 'id'>>(container, { partition: of, query, doing }, request);
      return { ...page, value: page.value.map(({ eventId, ...entry }) => ({ id: eventId, ...entry })) };
    },
  };
}

function documentId(eventId: string): string {
  return createHash('sha256').update(eventId).digest('hex');
}
