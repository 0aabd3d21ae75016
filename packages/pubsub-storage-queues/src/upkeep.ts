/** What a person does with groups from the command line. */
import type { AccountArguments } from './command-line';
import { type Redriven, redrive } from './poison';
import type { Membership } from './queue-names';
import { openStorage } from './storage';

export interface GroupCount extends Membership {
  readonly waiting: number;
  readonly parked: number;
}

/** A redriven message lives as long as a new one. */
const REDRIVEN_TTL_MS = 7 * 24 * 3_600_000;

export async function countGroups({ account, prefix }: AccountArguments): Promise<GroupCount[]> {
  const storage = openStorage(account, prefix);
  const memberships = await storage.groups.all();
  return Promise.all(
    memberships.map(async ({ topic, group }) => ({
      topic,
      group,
      waiting: await storage.mailbox('group', topic, group).queue.count(),
      parked: await storage.mailbox('poison', topic, group).queue.count(),
    })),
  );
}

export function redriveGroup({ account, prefix }: AccountArguments, membership: Membership): Promise<Redriven> {
  return redrive(openStorage(account, prefix), membership, REDRIVEN_TTL_MS);
}

/** The membership first: nothing is published to a queue that is about to go. Blobs of large events are left behind. */
export async function forgetGroup({ account, prefix }: AccountArguments, membership: Membership): Promise<void> {
  const storage = openStorage(account, prefix);
  await storage.groups.forget(membership);
  for (const role of ['group', 'poison'] as const) {
    await storage.mailbox(role, membership.topic, membership.group).queue.drop();
  }
}
