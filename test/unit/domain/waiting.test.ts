import type { RunFacts } from '../../../src/domain/run/facts';
import { waitingOf } from '../../../src/domain/run/waiting';

const AT = '2026-01-01T00:00:00.000Z';
const QUIET = { inFlight: 0 };
const SAID = 'Vision asked to wait';
const running: RunFacts = { phase: 'analyze' };
const pausing: RunFacts = { ...running, hold: { by: 'owner', since: AT } };

test.each<[string, RunFacts, Parameters<typeof waitingOf>[1], ReturnType<typeof waitingOf>]>([
  ['a run that moves', running, QUIET, undefined],
  ['what a chunk says', running, { ...QUIET, waiting: SAID }, { code: 'service', sentence: SAID }],
  [
    'a run that stops',
    pausing,
    { inFlight: 1, waiting: SAID },
    { code: 'in-flight', sentence: '1 image already sent' },
  ],
  [
    'a run that ends',
    { ...running, ending: { as: 'cancel' } },
    { inFlight: 2 },
    { code: 'in-flight', sentence: '2 images already sent' },
  ],
  ['a run that has stopped', { ...pausing, drained: true }, { inFlight: 2 }, undefined],
  [
    'a long wait of Vision',
    { ...running, hold: { by: 'vision', since: AT, until: AT } },
    QUIET,
    { code: 'vision', sentence: `Vision asked to wait until ${AT}: its rate limit is reached.` },
  ],
])('%s', (_, facts, progress, expected) => {
  expect(waitingOf(facts, progress)).toEqual(expected);
});
