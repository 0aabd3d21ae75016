import { survive } from './survival';

// The Cosmos server is down for 5 s: results in hand wait for it, and nothing is called again.
test('kill cosmos in the middle of a run', async () => {
  await survive({ target: 'cosmos', downMs: 5_000, repeatable: 0 });
}, 240_000);
