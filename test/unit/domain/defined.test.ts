import { defined } from '../../../src/domain/defined';

test('drops what is undefined, and nothing else, in the order of the fields', () => {
  const fields = defined({ a: undefined, b: null, c: 0, d: false, e: '', f: undefined, g: 1 });
  expect(Object.entries(fields)).toEqual([
    ['b', null],
    ['c', 0],
    ['d', false],
    ['e', ''],
    ['g', 1],
  ]);
});

test('its type is that of optional fields, which are absent and never undefined', () => {
  const said: { readonly id: string; readonly reason: string | undefined } = { id: '1', reason: undefined };
  const held: { readonly id: string; readonly reason?: string } = defined(said);
  expect(held).not.toHaveProperty('reason');
  // @ts-expect-error: a field that may be undefined is no optional one
  const undropped: { readonly id: string; readonly reason?: string } = said;
  expect(undropped).toHaveProperty('reason', undefined);
});
