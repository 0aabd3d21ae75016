import { createDaprManifests } from '../../../src/gateways/manifests/dapr-manifests';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import { unpackBlobs } from '../../../src/gateways/manifests/packed-blobs';
import { createSidecar } from '../../../src/gateways/sidecar/sidecar';
import { describeManifests } from './manifests-suite';
import { startSidecarStandIn } from './sidecar-stand-in';

describeManifests('in memory', async () => ({ manifests: createMemoryManifests(), stop: async () => {} }));

describeManifests('state API', async () => {
  const standIn = await startSidecarStandIn();
  const sidecar = createSidecar({ port: standIn.port });
  const stop = async () => {
    sidecar.close();
    await standIn.stop();
  };
  return { manifests: createDaprManifests(sidecar), stop };
});

test('a damaged chunk is a lost one', () => {
  for (const damaged of [null, {}, 'text', [1], [['name', 'etag']], [['name', 'etag', '3']]]) {
    expect(unpackBlobs(damaged)).toBeUndefined();
  }
});
