import fc from 'fast-check';
import { readBlobEvents } from '../../../src/domain/watch/blob-event';

const SUBJECT = '/blobServices/default/containers/photos/blobs/2026/a b.jpg';
const GRID = {
  topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/me',
  subject: SUBJECT,
  eventType: 'Microsoft.Storage.BlobCreated',
  eventTime: '2026-01-02T03:04:05.0000000Z',
  id: '831e1650-001e-001b-66ab-eeb76e069631',
  data: {
    api: 'PutBlob',
    eTag: '0x8D4BCC2E4835CD0',
    contentType: 'image/jpeg',
    contentLength: 9,
    blobType: 'BlockBlob',
  },
  dataVersion: '',
  metadataVersion: '1',
};
const CLOUD = {
  specversion: '1.0',
  type: 'Microsoft.Storage.BlobCreated',
  source: GRID.topic,
  ...{ id: GRID.id, time: GRID.eventTime, subject: SUBJECT, data: GRID.data },
};
const base64 = (text: string) => Buffer.from(text).toString('base64');
const inContainer = (container: string) => ({
  ...GRID,
  subject: `/blobServices/default/containers/${container}/blobs/a.jpg`,
});

test.each([
  ['Event Grid', JSON.stringify(GRID)],
  ['CloudEvents', JSON.stringify(CLOUD)],
  ['an array of both', JSON.stringify([GRID, CLOUD])],
  ['base64', base64(JSON.stringify(GRID))],
  ['base64 in quotes', JSON.stringify(base64(JSON.stringify([CLOUD])))],
  ['base64 with a line end', `${base64(JSON.stringify(CLOUD))}\n`],
  ['with a byte order mark', `\uFEFF${JSON.stringify(GRID)}`],
])('a new blob is read from %s', (_, text) => {
  expect(readBlobEvents(text)).toEqual({ readable: true, containers: ['photos'] });
});

test('each container once, in order', () => {
  const text = JSON.stringify([GRID, inContainer('albums'), GRID, CLOUD, inContainer('$web')]);
  expect(readBlobEvents(text)).toEqual({ readable: true, containers: ['photos', 'albums', '$web'] });
});

test.each([
  ['another kind', { ...GRID, eventType: 'Microsoft.Storage.BlobDeleted' }],
  ['no subject', { ...GRID, subject: undefined }],
  ['another subject', { ...GRID, subject: '/queueServices/default/queues/q' }],
  ['a container without blob', { ...GRID, subject: '/blobServices/default/containers/photos/blobs/' }],
  ['a container of the system', inContainer('contactsheet-manifests')],
  ['$logs', inContainer('$logs')],
  ['a name that is none', inContainer('../../etc')],
])('%s wakes nobody', (_, event) => {
  expect(readBlobEvents(JSON.stringify(event))).toEqual({ readable: true, containers: [] });
});

test.each([
  ['nothing', ''],
  ['garbage', 'garbage!'],
  ['base64 of garbage', base64('garbage')],
  ['base64 of base64', base64(JSON.stringify(base64(JSON.stringify(GRID))))],
  ['a number', '7'],
  ['null', 'null'],
  ['an object of another kind', '{"hello":"world"}'],
  ['an array with garbage in it', JSON.stringify([GRID, 7])],
  ['too many', JSON.stringify(Array(1_001).fill(GRID))],
])('%s is not readable', (_, text) => expect(readBlobEvents(text).readable).toBe(false));

test('no text breaks it', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map(base64),
    fc.anything().map((data) => JSON.stringify({ ...GRID, subject: data }, plain)),
  );
  fc.assert(fc.property(anything, (text) => expect(typeof readBlobEvents(text).readable).toBe('boolean')));
});

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
