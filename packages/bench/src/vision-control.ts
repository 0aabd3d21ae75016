import type { CallTotals, FaultInput } from '@contactsheet/dev-vision';

/** The control routes of the local Vision. */
export interface VisionControl {
  /** What was asked and answered since the start or the last `forget`. */
  stats(): Promise<CallTotals>;
  forget(): Promise<void>;
  /** @throws Error with what the local Vision says of a fault that it does not know */
  arm(...faults: readonly FaultInput[]): Promise<void>;
  disarm(): Promise<void>;
}

export function visionControl(endpoint: string): VisionControl {
  const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
    const answer = await fetch(`${endpoint}${path}`, init);
    const body = await answer.json();
    if (!answer.ok) throw new Error(`The local Vision refuses ${path}: ${JSON.stringify(body)}.`);
    return body;
  };
  return {
    stats: async () => (await ask('/stats')) as CallTotals,
    forget: async () => void (await ask('/stats', { method: 'DELETE' })),
    arm: async (...faults) =>
      void (await ask('/_dev/faults', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(faults),
      })),
    disarm: async () => void (await ask('/_dev/faults', { method: 'DELETE' })),
  };
}
