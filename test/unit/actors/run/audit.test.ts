import { AuditTrail } from '../../../../src/actors/run/audit';
import { MAX_AUDIT } from '../../../../src/domain/run/audit';
import { command, enterPhase, newRun, type RunState } from '../../../../src/domain/run/run-state';

const AT = '2026-01-01T00:00:00.000Z';
const REQUEST = { id: 'a'.repeat(32), container: 'photos', prefix: '', features: [], confirmShrink: false };
const running = enterPhase(newRun({ ...REQUEST, startedAt: AT }), 'analyze', AT);

function trail() {
  const parts = new Map<string, unknown>();
  const all = new AuditTrail({ part: async <T>(key: string) => parts.get(key) as T | undefined });
  const note = async (...said: Parameters<AuditTrail['with']>) => {
    for (const [key, value] of Object.entries(await all.with(...said))) parts.set(key, value);
  };
  return { all, note, parts };
}

test('says who said what, and what came of it; the system where nobody is named', async () => {
  const { all, note, parts } = trail();
  expect(await all.entries(REQUEST.id)).toEqual([]);
  const paused = command(running, 'pause', 'lunch', AT) as { readonly state: RunState };
  await note(running, paused.state, { at: AT, verb: 'pause', who: 'ann', how: 'key', reason: 'lunch' });
  await note(paused.state, running, { at: AT, verb: 'resume' });
  expect(await all.entries(REQUEST.id)).toMatchObject([
    { at: AT, who: 'ann', how: 'key', verb: 'pause', reason: 'lunch', from: 'Running', to: 'Pausing' },
    { at: AT, who: 'system', verb: 'resume', from: 'Pausing', to: 'Running' },
  ]);
  expect([...parts.keys()]).toEqual(AuditTrail.keys);
});

test('names a cap only where the word has set it', async () => {
  const { all, note } = trail();
  const capped = { ...running, maxTransactions: 40 };
  await note(running, capped, { at: AT, verb: 'resume' });
  await note(capped, capped, { at: AT, verb: 'pause' });
  expect((await all.entries(REQUEST.id)).map(({ maxTransactions }) => maxTransactions)).toEqual([40, undefined]);
});

test('keeps the newest words', async () => {
  const { all, note } = trail();
  for (let i = 0; i <= MAX_AUDIT; i++) await note(running, running, { at: AT, verb: 'pause', reason: String(i) });
  const entries = await all.entries(REQUEST.id);
  expect([entries.length, entries[0]?.reason, entries.at(-1)?.reason]).toEqual([MAX_AUDIT, '1', String(MAX_AUDIT)]);
});
