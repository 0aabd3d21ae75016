import { createClient } from './generated/hey-api/client';
import { getRun, listRuns, startRun } from './generated/hey-api/sdk.gen';

/** Starts a run, finds it in the list, and follows it to its end: with what @hey-api/openapi-ts made of the description. */
async function main(baseUrl: string, container: string): Promise<void> {
  const client = createClient({ baseUrl });
  const started = await startRun({
    client,
    path: { container },
    body: { retry: { status: 'failed' }, approval: 'auto' },
    throwOnError: true,
  });
  const { id } = started.data;
  const listed = await listRuns({ client, query: { container, status: ['Running'] }, throwOnError: true });
  const seen: string[] = [];
  for (let status = ''; status !== 'Completed'; ) {
    const looked = await getRun({ client, path: { id }, throwOnError: true });
    status = looked.data.status;
    seen.push(status);
  }
  const missing = await getRun({ client, path: { id: '0'.repeat(32) } });
  const code = missing.error !== undefined && 'code' in missing.error ? missing.error.code : undefined;
  process.stdout.write(JSON.stringify({ id, listed: listed.data.value.map((run) => run.id), seen, code }));
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
