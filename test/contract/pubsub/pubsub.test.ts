import { describePubSub } from './pubsub-suite';
import { startStorageAccount } from './storage-account';

describePubSub('in memory', async () => ({ component: { type: 'pubsub.in-memory' }, stop: async () => {} }));

describePubSub('on Storage Queues', async () => {
  const account = await startStorageAccount();
  const { connectionString } = account;
  return {
    component: { type: 'pubsub.storage-queues', metadata: { connectionString, pollingInterval: '200ms' } },
    stop: account.stop,
  };
});
