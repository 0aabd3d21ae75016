/** What callers may ask and what they are answered: the types that the command line and other clients share. */
export * from '../domain/access/access-key';
export { isContainerGlob } from '../domain/access/container-glob';
export { principalName } from '../domain/access/principal';
export { GRANTED_ROLES, type GrantedRole, isGrantedRole } from '../domain/access/role';
export type { ContainerEntry } from '../domain/container/container-entry';
export type { ContainerSummary } from '../domain/container/container-summary';
export { COUNTERS, type CounterDefinition, WORK_COUNTERS } from '../domain/counters';
export { defined } from '../domain/defined';
export type { ImageDocument } from '../domain/image/image';
export type { Quote } from '../domain/money/quote';
export type { Sample } from '../domain/money/sample';
export { type AuditVerdict, verifyAudit } from '../domain/run/audit';
export type { RetryScope } from '../domain/run/retry-filter';
export {
  type FailureGroup,
  FINAL_STATUSES,
  isFinal,
  RUN_STATUSES,
  type RunStatus,
  type RunView,
} from '../domain/run/run';
export * from './client';
export type { Answer, AskOf, Endpoint, HeardHeaders, HeardOf, ProblemAnswer } from './endpoint';
export { ENDPOINTS, type Endpoints } from './endpoints';
export { pathOf, UnaskableName } from './path';
export { PROBLEMS, type ProblemCode } from './problems';
export type { ProblemBody } from './schemas/problem';
