/**
 * The app of a consumer group, as a process that a test may kill at any moment. Notes each event it has handled as a line of
 * the file before it answers: what was answered is noted, what is noted may come again.
 */
const { appendFileSync } = require('node:fs');
const { createServer } = require('node:http');

const [port, file] = process.argv.slice(2);

createServer((request, response) => {
  if (request.method === 'GET') return void response.writeHead(404).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { id, data } = JSON.parse(Buffer.concat(chunks).toString());
    // A poisonous event kills its reader before it answers, each time.
    if (data.kills) process.exit(1);
    const verdict = data.refused ? 500 : 200;
    appendFileSync(file, `${verdict} ${id} ${data.check ?? ''}\n`);
    response.writeHead(verdict).end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
