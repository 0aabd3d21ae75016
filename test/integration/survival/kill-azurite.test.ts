import { survive } from './survival';

// Azurite is down for 5 s and may forget its last seconds: manifests are listed again, nothing is called again.
test('kill azurite in the middle of a run', async () => {
  await survive({ target: 'azurite', downMs: 5_000, repeatable: 0 });
}, 240_000);
