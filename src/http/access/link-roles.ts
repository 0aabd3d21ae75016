import type { Role } from '../../contract/endpoint';
import type { Endpoint } from '../../contract/endpoint';
import { ENDPOINTS } from '../../contract/endpoints';
import type { LinkVerb } from '../../contract/link-verb';

/**
 * The role that a caller needs to be given the code for a verb: that of the endpoint which it opens.
 *
 * I1 A code for `raiseEvent` opens the event `approval` too, so it needs an approver.
 */
export function roleOfLink(verb: LinkVerb): Role {
  return verb === 'raiseEvent' ? 'approver' : (ROLES_OF_LINKS.get(verb) ?? 'admin');
}

const ROLES_OF_LINKS = new Map(
  (Object.values(ENDPOINTS) as Endpoint[]).flatMap(({ link, access }) => (link === undefined ? [] : [[link, access]])),
);
