import { downloadBlob } from '../../../src/gateways/blobs/download';
import { storageError } from '../../../src/gateways/blobs/failure';

/** As @azure/storage-blob throws it. */
const thrown = (statusCode: number, code: string | undefined) => Object.assign(new Error('x'), { statusCode, code });

const TABLE: readonly (readonly [number, string | undefined, RegExp])[] = [
  [403, 'AuthenticationFailed', /signature does not fit\. Copy the connection string again.*set the clock/],
  [403, 'AuthorizationFailure', /network rules of the account keep this machine out.*Networking/],
  [403, 'AuthorizationPermissionMismatch', /may not do that\. Grant Storage Blob Data Reader/],
  [403, 'AuthorizationServiceMismatch', /not for this service/],
  [403, 'AuthorizationResourceTypeMismatch', /not for this kind of resource/],
  [403, 'AuthorizationProtocolMismatch', /Use https/],
  [403, 'AuthorizationSourceIPMismatch', /for other addresses/],
  [403, 'AccountIsDisabled', /account is disabled\. Look at the state of its subscription/],
  [403, 'InsufficientAccountPermissions', /does not allow it now/],
  [403, 'KeyBasedAuthenticationNotPermitted', /takes no keys .*Allow "storage account key access"/],
  [409, 'PublicAccessNotPermitted', /account allows none/],
  [400, 'InvalidAuthenticationInfo', /is not understood/],
  [401, 'NoAuthenticationInformation', /nothing says who asks/],
  [403, undefined, /\(403\)\. Check the account key/],
  [403, 'constructor', /\(constructor\)\. Check the account key/],
];

test.each(TABLE)('%d %s to a listing is told with its cure', (status, code, message) => {
  const error = storageError(thrown(status, code), 'photos');
  expect(error).toMatchObject({ code: 'container-forbidden', retryable: false, context: { httpStatus: status } });
  expect(error.message).toMatch(/^Storage refused to read 'photos' \(/);
  expect(error.message).toMatch(message);
});

test.each(TABLE.filter(([status]) => status === 401 || status === 403))(
  '%d %s to a download is told with its cure',
  async (status, code, message) => {
    const client = { download: () => Promise.reject(thrown(status, code)) };
    const blob = { name: 'a', etag: 'e', sizeBytes: 1, contentType: '', lastModified: '' };
    const outcome = await downloadBlob(client as never, blob, { maxBytes: 10, timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ ok: false, code: 'download-forbidden', message: expect.stringMatching(message) });
  },
);

test('a name that storage does not take is said to be one', () => {
  expect(storageError(thrown(400, 'InvalidResourceName'), 'a--b')).toMatchObject({
    code: 'invalid-container-name',
    message: "Storage does not take the name 'a--b' (InvalidResourceName).",
  });
});
