import { matchesGlob } from './container-glob';
import type { Principal } from './principal';
import { covers, type Role } from './role';

/**
 * May this principal do that?
 *
 * I1 What is `public` is for everybody, known or not.
 * I2 Whoever is limited to containers may do only what concerns one of them: what concerns all, or none that can be named,
 *    is refused.
 */
export type Decision =
  | { readonly kind: 'allowed' }
  /** `unauthorized`: say who you are; `forbidden`: it is known, and not enough. */
  | { readonly kind: 'unauthorized' | 'forbidden'; readonly reason: string };

export interface Need {
  readonly role: Role;
  /** The container that it concerns; absent: all of them, or the installation. */
  readonly container?: string;
}

const ALLOWED: Decision = { kind: 'allowed' };

export function decide(principal: Principal | undefined, { role, container }: Need): Decision {
  if (role === 'public') return ALLOWED; // I1
  if (!principal) return { kind: 'unauthorized', reason: 'This needs to know who asks.' };
  if (!covers(principal.roles, role)) {
    const roles = principal.roles.length === 0 ? 'no role' : `the role ${principal.roles.join(', ')}`;
    return { kind: 'forbidden', reason: `This needs the role ${role}; ${principal.name} has ${roles}.` };
  }
  return isWithin(principal, container) ? ALLOWED : { kind: 'forbidden', reason: outside(principal, container) };
}

/** Does asking for it say that it may cost money? Whoever only claims to be somebody consents to nothing. */
export function mayConsent({ how, roles }: Principal): boolean {
  return how !== 'claimed' && covers(roles, 'approver');
}

/** I2 */
export function isWithin({ containers }: Principal, container: string | undefined): boolean {
  if (containers === undefined) return true;
  return container !== undefined && containers.some((glob) => matchesGlob(glob, container));
}

function outside({ name, containers = [] }: Principal, container: string | undefined): string {
  const limits = `${name} is limited to the containers ${containers.join(', ')}`;
  return container === undefined ? `This concerns more than one container; ${limits}.` : `${limits}.`;
}
