import { cosmosError, isNotFound } from '../../../src/gateways/cosmos/failure';

/** As @azure/cosmos throws it. */
const thrown = (status: number, substatus: number | undefined, message: string) =>
  Object.assign(new Error(`${message}\nActivityId: 1, Request URI: /apps/1`), {
    code: status,
    ...(substatus !== undefined && { substatus }),
  });

const KEYS = /the account takes no keys .*disableLocalAuth=false/;
const CLOCK = /is not of this time\. Set the clock/;
const FULL = /a partition has reached its 20 GB\. Keep the photos in more than one blob container/;
const FIREWALL = /the firewall of the account keeps this machine out\. Allow its address/;
const LIMIT = /may not have so much throughput in all\. Share one throughput: COSMOS_THROUGHPUT=shared:1000/;

test.each<[number, number | undefined, string, string, boolean, RegExp]>([
  [
    401,
    5202,
    'Local Authorization is disabled. Use an AAD token to authorize all requests.',
    'results-forbidden',
    false,
    KEYS,
  ],
  [401, undefined, 'Local Authorization is disabled. Use an AAD token', 'results-forbidden', false, KEYS],
  [
    401,
    undefined,
    'The MAC signature found in the HTTP request is not the same',
    'results-forbidden',
    false,
    /Copy COSMOS_KEY again/,
  ],
  [401, undefined, 'The authorization token is not valid at the current time.', 'results-forbidden', false, CLOCK],
  [403, undefined, 'The authorization token has expired', 'results-forbidden', false, CLOCK],
  [403, 1014, 'Partition key reached maximum size of 20 GB', 'results-full', false, FULL],
  [403, undefined, 'Partition key reached maximum size of 20 GB', 'results-full', false, FULL],
  [
    403,
    undefined,
    'Request originated from client IP 203.0.113.7 through public internet. This is blocked',
    'results-forbidden',
    false,
    FIREWALL,
  ],
  [
    403,
    undefined,
    'Request originated from client VNET through private endpoint.',
    'results-forbidden',
    false,
    FIREWALL,
  ],
  [403, undefined, 'Quota exceeded for this account', 'results-full', false, /a quota of the account is used up/],
  [
    403,
    3,
    'The requested operation cannot be performed at this region',
    'results-unavailable',
    true,
    /takes no writes/,
  ],
  [403, undefined, 'Forbidden', 'results-forbidden', false, /Look at the firewall, the policies/],
  [
    400,
    1028,
    'Your account is currently configured with a total throughput limit of 1000 RU/s.',
    'results-forbidden',
    false,
    LIMIT,
  ],
  [
    400,
    undefined,
    'Your account is currently configured with a total throughput limit of 400 RU/s.',
    'results-forbidden',
    false,
    LIMIT,
  ],
  [
    400,
    undefined,
    'Shared throughput database creation is not supported for serverless accounts.',
    'results-forbidden',
    false,
    /Take COSMOS_THROUGHPUT away/,
  ],
  [
    400,
    undefined,
    'Reading or replacing offers is not supported for serverless accounts.',
    'results-forbidden',
    false,
    /Take COSMOS_THROUGHPUT away/,
  ],
  [
    400,
    1020,
    'Shared offer Database create is forbidden as count has exceeded 5.',
    'results-forbidden',
    false,
    /COSMOS_THROUGHPUT=each:400/,
  ],
  [
    400,
    undefined,
    'The offer should have valid throughput values between 12000 and',
    'results-forbidden',
    false,
    /Set COSMOS_THROUGHPUT to a value/,
  ],
  [
    400,
    undefined,
    'One of the specified inputs is invalid',
    'internal',
    false,
    /It says: One of the specified inputs is invalid$/,
  ],
  [404, 1003, 'Owner resource does not exist', 'results-unavailable', true, /is gone\. Start the application again/],
  [413, undefined, 'Request size is too large', 'internal', false, /larger than 2 MB/],
  [423, undefined, 'Locked', 'results-unavailable', true, /throughput is being changed/],
  [
    429,
    3200,
    'Request rate is large. More Request Units may be needed',
    'results-unavailable',
    true,
    /Raise the throughput/,
  ],
  [
    429,
    undefined,
    'The request did not complete due to a high rate of metadata operations.',
    'results-unavailable',
    true,
    /metadata requests/,
  ],
  [
    429,
    undefined,
    'The request did not complete due to a transient service error. Retry the request',
    'results-unavailable',
    true,
    /a passing error/,
  ],
  [
    449,
    undefined,
    'Conflicting request to resource has been attempted. Retry',
    'results-unavailable',
    true,
    /two writes of one document/,
  ],
  [
    503,
    undefined,
    'Service is currently unavailable',
    'results-unavailable',
    true,
    /did not answer .* \(503: Service is currently/,
  ],
])('%d/%s "%s" is %s, with its cure', (status, substatus, words, code, retryable, message) => {
  const error = cosmosError(thrown(status, substatus, words), 'saving a run');
  expect(error).toMatchObject({ code, retryable, context: { httpStatus: status } });
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain('ActivityId');
  if (status !== 503) expect(error.message).toContain(`(${status}${substatus ? `/${substatus}` : ''}): `);
});

test('an item of a container that is gone is not an item that is not there', () => {
  expect(isNotFound(thrown(404, undefined, 'Resource Not Found'))).toBe(true);
  expect(isNotFound(thrown(404, 1003, 'Owner resource does not exist'))).toBe(false);
});
