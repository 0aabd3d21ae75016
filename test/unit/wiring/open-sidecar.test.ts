import { warnOfOpenSidecar } from '../../../src/wiring/open-sidecar';

test.each([
  [undefined, ['sidecar.open']],
  ['a token', []],
])('with %j for a token of the sidecar the log says %j', (token, events) => {
  const said: unknown[] = [];
  warnOfOpenSidecar(token, { warn: ({ event }: { event: string }) => said.push(event) } as never);
  expect(said).toEqual(events);
});
