import { withoutDirectories } from '../../../src/gateways/blobs/directories';

const listed = (name: string, sizeBytes: number, metadata: Record<string, string>) => ({
  blob: { name, etag: '1', sizeBytes },
  metadata,
});

test.each([
  ['hdi_isfolder', 'true', 0, []],
  ['Hdi_isfolder', 'true', 0, []],
  ['HDI_ISFOLDER', 'True', 0, []],
  ['hdi_isfolder', 'false', 0, ['a']],
  ['Hdi_isfolder', 'true', 1, ['a']],
  ['folder', 'true', 0, ['a']],
])('a blob with %s=%s and %d bytes', (name, value, sizeBytes, shown) => {
  const blobs = withoutDirectories([listed('a', sizeBytes, { [name]: value })]);
  expect(blobs.map((blob) => blob.name)).toEqual(shown);
});
