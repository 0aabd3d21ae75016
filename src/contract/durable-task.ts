/** Path under which the management API of Durable Functions lives. Paths below it are matched in any case. */
export const DURABLE_TASK_BASE = '/runtime/webhooks/durabletask';
