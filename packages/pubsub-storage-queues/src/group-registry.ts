/**
 * Which groups subscribe to a topic, kept in the account so that every publisher knows, also while no subscriber is alive.
 *
 * I1 One blob a membership: two subscribers that start at once never overwrite each other.
 * I2 A membership outlives its subscriber: what is published meanwhile waits in its queue. `forget` ends it.
 * I3 A list is trusted for `FRESH_MS`, an empty one never: the first group of a topic is seen by the next publish.
 */
import type { ContainerClient } from '@azure/storage-blob';
import {
  ALL_GROUPS,
  checkName,
  type Membership,
  membershipBlob,
  parseMembershipBlob,
  topicFolder,
} from './queue-names';
import { statusOf } from './storage-errors';

export interface GroupRegistry {
  /** Idempotent. Returns whether it is new. */
  register(membership: Membership): Promise<boolean>;
  groupsOf(topic: string): Promise<readonly string[]>;
  forget(membership: Membership): Promise<void>;
  all(): Promise<readonly Membership[]>;
}

/** How late a publisher of another process learns of a further group. */
export const FRESH_MS = 3_000;

export function createGroupRegistry(container: ContainerClient, now: () => number = Date.now): GroupRegistry {
  const known = new Map<string, { readonly at: number; readonly groups: Promise<readonly string[]> }>();

  async function list(folder: string): Promise<Membership[]> {
    const found: Membership[] = [];
    for await (const { name } of container.listBlobsFlat({ prefix: folder })) {
      const membership = parseMembershipBlob(name);
      if (membership) found.push(membership);
    }
    return found;
  }

  async function groupsOf(topic: string): Promise<readonly string[]> {
    const kept = known.get(topic);
    if (kept && now() - kept.at < FRESH_MS) return kept.groups;
    const groups = list(topicFolder(topic)).then((found) => found.map(({ group }) => group));
    const entry = { at: now(), groups };
    known.set(topic, entry);
    const drop = () => known.get(topic) === entry && known.delete(topic);
    groups.then((found) => found.length === 0 && drop(), drop); // I3
    return groups;
  }

  return {
    groupsOf,
    async register(membership) {
      checkName('topic', membership.topic);
      checkName('group', membership.group);
      const blob = container.getBlockBlobClient(membershipBlob(membership));
      try {
        await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }); // I1
        return true;
      } catch (error) {
        if (statusOf(error) === 409 || statusOf(error) === 412) return false;
        throw error;
      } finally {
        known.delete(membership.topic);
      }
    },
    async forget(membership) {
      await container.getBlobClient(membershipBlob(membership)).deleteIfExists();
      known.delete(membership.topic);
    },
    all: () => list(ALL_GROUPS),
  };
}
