import { NO_WORK, pickCounters, WORK_COUNTERS } from '../counters';
import { onReceipt, type Receipt } from './receipt';
import type { RunView } from './run';

/**
 * Readers of what a run leaves in index and receipt, in the shape of this build or of an older one: counters that the older
 * build did not have are 0 (I2 of COUNTERS).
 */

export function readRunView(stored: RunView): RunView {
  return { ...stored, ...pickCounters(stored, WORK_COUNTERS) };
}

export function readReceipt(stored: Receipt): Receipt {
  return { ...stored, ...onReceipt(NO_WORK), ...stored }; // the fields that are there keep their order
}
