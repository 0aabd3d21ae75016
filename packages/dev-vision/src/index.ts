/** What benchmarks and tests share with the local Vision. */
export type { CallTime, CallTotals } from './call-book';
export { withComment } from './jpeg-comments';
export type { FaultInput } from './fault';
