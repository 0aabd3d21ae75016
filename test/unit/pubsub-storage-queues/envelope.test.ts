import fc from 'fast-check';
import {
  type Label,
  sealClaim,
  sealInline,
  UnreadableMessage,
  unseal,
} from '../../../packages/pubsub-storage-queues/src/envelope';

const label = (change: Partial<Label> = {}): Label => ({
  id: 'm-1',
  topic: 'topic',
  contentType: 'application/json',
  metadata: {},
  publishedAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

describe('an envelope', () => {
  test('gives back every byte and every word of its label', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        text,
        text,
        fc.dictionary(text, text),
        (bytes, topic, type, metadata) => {
          const envelope = { label: label({ topic, contentType: type, metadata }), data: Buffer.from(bytes) };
          const sealed = unseal(sealInline(envelope) ?? '');
          expect(sealed.kind).toBe('inline');
          if (sealed.kind !== 'inline') return;
          expect(sealed.envelope.data.equals(envelope.data)).toBe(true);
          // Through JSON: metadata named __proto__ is none of ours.
          expect(JSON.stringify(sealed.envelope.label)).toBe(JSON.stringify(envelope.label));
        },
      ),
    );
  });

  test('never makes a text longer than a queue takes', () => {
    const fits = sealInline({ label: label(), data: Buffer.alloc(48_000) });
    expect(fits?.length).toBeLessThanOrEqual(65_536);
    expect(sealInline({ label: label(), data: Buffer.alloc(49_152) })).toBeUndefined();
    expect(() => sealClaim(label({ metadata: { long: 'x'.repeat(50_000) } }), 'blob')).toThrow(RangeError);
  });

  test('names the blob of a large event', () => {
    expect(unseal(sealClaim(label(), 'claims/q/1'))).toEqual({ kind: 'claim', label: label(), blob: 'claims/q/1' });
  });

  test.each([
    '',
    'hello',
    '{"id":1}',
    Buffer.from('{"v":2,"id":"a"}\n').toString('base64'),
    Buffer.from('{"v":1}\nx').toString('base64'),
    Buffer.from('null\nx').toString('base64'),
  ])('knows that "%s" is none', (text) => {
    expect(() => unseal(text)).toThrow(UnreadableMessage);
  });
});
