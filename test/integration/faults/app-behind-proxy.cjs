// The app with Cosmos DB behind a proxy of the test, which learns here where the database is.
const { resolve } = require('node:path');
const dist = resolve(__dirname, '../../../dist');
const { startApp } = require(`${dist}/app.js`);
const { readConfig } = require(`${dist}/config.js`);

async function main() {
  const { FAULT_PROXY, COSMOS_ENDPOINT } = process.env;
  await fetch(`${FAULT_PROXY}/_forward`, { method: 'POST', body: COSMOS_ENDPOINT });
  const { stop } = await startApp(readConfig({ ...process.env, COSMOS_ENDPOINT: `${FAULT_PROXY}/` }));
  const end = () => stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

void main();
