import { storedShapes } from '../stored';

/** Which run has an instance id that a caller chose, or had it last. */
export interface InstanceEntry {
  /** Of the run. */
  readonly container: string;
  readonly runId: string;
}

export const STORED_INSTANCE = storedShapes<InstanceEntry>('The entry of this instance id', [
  (stored: InstanceEntry) => stored,
]);
