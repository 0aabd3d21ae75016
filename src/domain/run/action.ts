/** What a person can do with a run. */
export const ACTIONS = ['pause', 'resume', 'cancel', 'approve', 'decline', 'retry', 'restart'] as const;
export type Action = (typeof ACTIONS)[number];
