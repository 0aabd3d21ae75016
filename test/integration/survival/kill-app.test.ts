import { IN_FLIGHT, survive } from './survival';

// The app dies: its chunks are delivered again when it is back; only images in flight may be called twice.
test('kill app in the middle of a run', async () => {
  await survive({ target: 'app', repeatable: IN_FLIGHT });
}, 240_000);
