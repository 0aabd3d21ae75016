import { InvalidSettings, readSettings, unknownProperties } from '../../../packages/pubsub-storage-queues/src/settings';

const NEEDED = { connectionString: 'UseDevelopmentStorage=true', consumerID: 'app' };

describe('settings', () => {
  test('have a default each', () => {
    expect(readSettings(NEEDED)).toEqual({
      connectionString: 'UseDevelopmentStorage=true',
      consumerId: 'app',
      pollingIntervalMs: 1_000,
      visibilityTimeoutMs: 30_000,
      maxDeliveryCount: 10,
      prefetch: 8,
      maxBackoffMs: 60_000,
      messageTtlMs: 7 * 24 * 3_600_000,
      waitingTtlMs: 3_600_000,
      prefix: 'contactsheet-pubsub',
    });
  });

  test('are read without case, with durations as Go writes them', () => {
    const settings = readSettings({
      ...NEEDED,
      POLLINGINTERVAL: '250ms',
      visibilitytimeout: '1m1.5s',
      waitingTTL: '0',
    });
    expect(settings).toMatchObject({ pollingIntervalMs: 250, visibilityTimeoutMs: 62_000, waitingTtlMs: 0 });
  });

  test('are refused all at once, each by its name', () => {
    const read = () => readSettings({ pollingInterval: 'soon', maxDeliveryCount: '0', prefetch: '33', prefix: 'X' });
    expect(read).toThrow(InvalidSettings);
    for (const name of [
      'connectionString',
      'consumerID',
      'pollingInterval',
      'maxDeliveryCount',
      'prefetch',
      'prefix',
    ]) {
      expect(read).toThrow(name);
    }
  });

  test.each(['10', '-1s', '1d', '1s 2s', 's', '1e3s', '100h'])('refuse the duration %s', (maxBackoff) => {
    expect(() => readSettings({ ...NEEDED, maxBackoff })).toThrow('maxBackoff');
  });

  test('never quote the connection string', () => {
    const read = () => readSettings({ connectionString: 'AccountKey=secret', prefix: 'X' });
    expect(read).not.toThrow('secret');
  });

  test('name an account without a key, which is then asked as an identity', () => {
    const endpoints = {
      blobEndpoint: 'https://photos.blob.core.windows.net',
      queueEndpoint: 'https://photos.queue.core.windows.net',
    };
    const read = (more: Record<string, string>, env = {}) =>
      readSettings({ consumerID: 'app', ...endpoints, ...more }, env).identity;
    expect(read({})).toEqual({ ...endpoints, method: 'default' });
    expect(read({}, { AZURE_IDENTITY: 'workload' })).toMatchObject({ method: 'workload' });
    expect(read({ azureIdentity: 'managed', azureClientId: 'id' }, { AZURE_IDENTITY: 'workload' })).toMatchObject({
      ...{ method: 'managed', clientId: 'id' },
    });
    expect(read({ connectionString: 'UseDevelopmentStorage=true' })).toBeUndefined(); // a key wins
  });

  test.each([
    [{ blobEndpoint: 'https://p.blob.core.windows.net' }, 'queueEndpoint is missing'],
    [{ queueEndpoint: 'https://p.queue.core.windows.net' }, 'blobEndpoint is missing'],
    [{ blobEndpoint: 'http://p', queueEndpoint: 'p' }, 'blobEndpoint is not https'],
    [{ blobEndpoint: 'http://p', queueEndpoint: 'p' }, 'queueEndpoint is not a URL'],
    [{ blobEndpoint: 'https://p', queueEndpoint: 'https://q?sig=x' }, 'queueEndpoint has more than an address'],
    [{ blobEndpoint: 'https://p', queueEndpoint: 'https://q', azureIdentity: 'key' }, 'azureIdentity is not one of'],
  ])('of an account without a key are refused by name: %p', (properties, message) => {
    expect(() => readSettings({ consumerID: 'app', ...properties } as never, {})).toThrow(message);
  });

  test('name what nobody reads', () => {
    expect(unknownProperties({ ...NEEDED, pollInterval: '1s' })).toEqual(['pollInterval']);
  });
});
