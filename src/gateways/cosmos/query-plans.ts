/**
 * Keeps the SDK from asking for a query plan beside every query.
 *
 * Every query of ours is answered by the gateway in one piece (one partition, one ORDER BY key), yet @azure/cosmos 4.9.3
 * sends a second request per query, in parallel, for a plan it would need only to merge several partitions itself: twice
 * the requests, for nothing. Refusing the plan locally also proves the rule: a query that does need one fails with this
 * message on Azure and on the development server alike. May go when the SDK asks for plans on demand only;
 * test/contract/gateways/cosmos-faults.test.ts counts the requests.
 */

interface PluginRequest {
  readonly headers: Readonly<Record<string, unknown>>;
}

type Send = (request: PluginRequest) => Promise<unknown>;

export const refusePlans = {
  on: 'request',
  plugin: (request: PluginRequest, _diagnostics: unknown, send: Send): Promise<unknown> => {
    if (request.headers['x-ms-cosmos-is-query-plan-request'] === undefined) return send(request);
    const refusal = new Error('This query would need a plan in the client: keep it to one partition and one sort key.');
    return Promise.reject(Object.assign(refusal, { code: 400 }));
  },
};
