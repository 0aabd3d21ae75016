import { survive } from './survival';

// The sidecar dies: the worker is replaced, the app's chunks end as they are and are joined, not repeated.
test('kill daprd in the middle of a run', async () => {
  await survive({ target: 'daprd', repeatable: 0 });
}, 240_000);
