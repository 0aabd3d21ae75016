// Stands where the app will stand, for tests of the launcher alone: both listeners, the routes that the sidecar asks for,
// and the ways of ending that a supervisor must tell apart. STUB_REFUSE=1 ends as a bad configuration does.
const { createServer } = require('node:http');

if (process.env.STUB_REFUSE) {
  console.error('API_PORT: "none" is not a port. Give a number from 1 to 65535.');
  process.exit(2);
}

const answer = (routes) => (request, response) => {
  const body = routes[request.url.split('?')[0]];
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? {}));
};

const channel = createServer(answer({ '/healthz': {}, '/dapr/config': {}, '/dapr/subscribe': [], '/events/runs': {} }));
const api = createServer(answer({ '/readyz': {}, '/livez': {}, '/settings': { ...process.env } }));
channel.listen(Number(process.env.APP_PORT), '127.0.0.1');
api.listen(Number(process.env.API_PORT), '127.0.0.1');

process.on('SIGTERM', () => process.exit(0));
