/**
 * Why a run does not move just now: Vision asked to wait; what was sent before a stop is waited for; a service does not answer;
 * a step failed and is tried again; its owner has to approve it; nothing was heard of what comes next.
 */
export const WAITING_CODES = ['vision', 'in-flight', 'service', 'step-failed', 'approval', 'silence'] as const;
export type WaitingCode = (typeof WAITING_CODES)[number];
