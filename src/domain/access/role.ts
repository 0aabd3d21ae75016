/** Each may do what the ones before it may. `public`: everybody, known or not. */
export const ROLES = ['public', 'reader', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What somebody can be given. */
export const GRANTED_ROLES = ['reader', 'operator', 'approver', 'admin'] as const satisfies readonly Role[];
export type GrantedRole = (typeof GRANTED_ROLES)[number];

export function isGrantedRole(value: unknown): value is GrantedRole {
  return GRANTED_ROLES.some((role) => role === value);
}

/** May somebody of these roles do what needs `needed`? */
export function covers(roles: readonly Role[], needed: Role): boolean {
  const rank = ROLES.indexOf(needed);
  return rank === 0 || roles.some((role) => ROLES.indexOf(role) >= rank);
}
