import { isExempt } from './exemptions';
import { faultsOf } from './faults';
import { listenToAnswers } from './listening';

/**
 * Every answer of the API that a test gets is held against the operation that it asked for. An answer that the contract does
 * not declare fails the test, with the operation, the status and the field. Jest loads this before each file of the levels
 * that talk to the API.
 */
const MOST = 20;
const faults = new Set<string>();
const listening = listenToAnswers((seen) => {
  if (!isExempt(seen)) for (const fault of faultsOf(seen)) faults.add(fault);
});

async function expectNoFault(): Promise<void> {
  await listening.settled();
  const found = [...faults].slice(0, MOST);
  faults.clear();
  if (found.length > 0) throw new Error(`Answered otherwise than src/contract declares:\n${found.join('\n')}`);
}

afterEach(expectNoFault);
afterAll(async () => {
  await expectNoFault().finally(() => listening.stop());
});
