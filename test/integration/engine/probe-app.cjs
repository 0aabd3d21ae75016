// A workflow app of three stories, for tests of the engine's store alone: `wide` fans its activities out in one turn,
// `rounds` goes on as new after each round and waits for an event that came at its start, and actors that keep nothing.
const { createServer } = require('node:http');
const { WorkflowRuntime } = require('@dapr/dapr');
const { Logger } = require('@dapr/dapr/logger/Logger');

Logger.prototype.info = () => undefined;

const runtime = new WorkflowRuntime({ daprHost: '127.0.0.1', daprPort: process.env.DAPR_GRPC_PORT });
runtime.registerActivityWithName('nothing', async () => 'done');
runtime.registerWorkflowWithName('wide', async function* (ctx, { width }) {
  const tasks = Array.from({ length: width }, (_, n) => ctx.callActivity('nothing', { n }));
  yield ctx.whenAll(tasks);
  return { width };
});
runtime.registerWorkflowWithName('rounds', async function* (ctx, { round, rounds, width }) {
  for (let n = 0; n < width; n += 4) {
    yield ctx.whenAll(Array.from({ length: 4 }, (_, m) => ctx.callActivity('nothing', { n: n + m })));
  }
  if (round < rounds) {
    ctx.continueAsNew({ round: round + 1, rounds, width }, true);
    return undefined;
  }
  return { round, heard: yield ctx.waitForExternalEvent('early') };
});

const answer = (response, body) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};
const channel = createServer((request, response) => {
  request.resume();
  const [root, ...rest] = (request.url ?? '').split('/').slice(1);
  if (root === 'dapr') answer(response, rest[0] === 'config' ? { entities: ['Keeper'] } : []);
  else answer(response, {});
});
channel.listen(Number(process.env.APP_PORT), '127.0.0.1', () => {
  const start = async () => {
    const healthy = await fetch(`http://127.0.0.1:${process.env.DAPR_HTTP_PORT}/v1.0/healthz/outbound`).catch(
      () => ({}),
    );
    if (!healthy.ok) return setTimeout(start, 200);
    await runtime.start();
    console.log('the worker is started');
  };
  void start();
});
process.on('SIGTERM', () => process.exit(0));
