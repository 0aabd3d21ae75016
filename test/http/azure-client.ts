import type { DurableClient } from 'durable-functions';

/** Its constructor is not exported: a host makes it from the data of a binding, as `durableClient` does here. */
const { DurableClient: Client } = require('durable-functions/lib/src/durableClient/DurableClient') as {
  readonly DurableClient: new (data: object) => DurableClient;
};

/** The client of Durable Functions 3.x as an Azure Functions host binds it: links with placeholders, and the system key. */
export function durableClient(url: string, key: string): DurableClient {
  return new Client(bindingData(url, key));
}

/** The same where the host listens on the machine itself: one base address, and no key. */
export function durableClientOverRpc(url: string): DurableClient {
  return new Client({ ...bindingData(url, ''), rpcBaseUrl: `${url}/runtime/webhooks/durabletask/` });
}

function bindingData(url: string, key: string): object {
  const base = `${url}/runtime/webhooks/durabletask`;
  const required = `connection=Storage&code=${key}`;
  const at = (path: string, query = '') => `${base}${path}?${query}taskHub=hub&${required}`;
  const instance = '/instances/INSTANCEID';
  return {
    taskHubName: 'hub',
    creationUrls: {
      createNewInstancePostUri: at('/orchestrators/{functionName}[/{instanceId}]'),
      createAndWaitOnNewInstancePostUri: at('/orchestrators/{functionName}[/{instanceId}]'),
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: at(instance),
      sendEventPostUri: at(`${instance}/raiseEvent/{eventName}`),
      terminatePostUri: at(`${instance}/terminate`, 'reason={text}&'),
      rewindPostUri: at(`${instance}/rewind`, 'reason={text}&'),
      purgeHistoryDeleteUri: at(instance),
      restartPostUri: at(`${instance}/restart`),
      suspendPostUri: at(`${instance}/suspend`, 'reason={text}&'),
      resumePostUri: at(`${instance}/resume`, 'reason={text}&'),
    },
    baseUrl: base,
    requiredQueryStringParameters: required,
  };
}
