import { survive } from './survival';

// The scheduler dies: what is handed out goes on; chunks that it delivers a second time join the first.
test('kill scheduler in the middle of a run', async () => {
  await survive({ target: 'scheduler', repeatable: 0 });
}, 240_000);
