import { join } from 'node:path';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { PUBSUB_SERVICE, pubSubPackage } from '../../../packages/pubsub-storage-queues/src/proto/descriptor';

const FOLDER = join(__dirname, '..', '..', '..', 'packages', 'pubsub-storage-queues', 'src', 'proto');

/** Every message with its fields, and every method with its types and directions. */
function shapes(all: PackageDefinition): object {
  return Object.fromEntries(
    Object.entries(all).map(([name, definition]) => [
      name,
      'type' in definition
        ? definition.type
        : Object.values(definition).map((method) => ({
            path: method.path,
            streams: [method.requestStream, method.responseStream],
          })),
    ]),
  );
}

test('the embedded descriptor says what the .proto files say', () => {
  const files = loadSync('dapr/proto/components/v1/pubsub.proto', { includeDirs: [FOLDER], defaults: true });
  const embedded = pubSubPackage();
  expect(Object.keys(embedded)).toContain(PUBSUB_SERVICE);
  expect(shapes(embedded)).toEqual(shapes(files));
});
