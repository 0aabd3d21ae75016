import createClient from 'openapi-fetch';
import type { paths } from './generated/openapi-typescript/schema';

/** Starts a run, finds it in the list, and follows it to its end: with what openapi-typescript made of the description. */
async function main(address: string, container: string): Promise<void> {
  const client = createClient<paths>({ baseUrl: address });
  const started = await client.POST('/api/v1/containers/{container}/runs', {
    params: { path: { container } },
    body: { retry: { status: 'failed' }, approval: 'auto' },
  });
  if (started.data === undefined) throw new Error(started.error.detail);
  const { id } = started.data;
  const listed = await client.GET('/api/v1/runs', { params: { query: { container, status: ['Running'] } } });
  if (listed.data === undefined) throw new Error(listed.error.detail);
  const seen: string[] = [];
  for (let status = ''; status !== 'Completed'; ) {
    const looked = await client.GET('/api/v1/runs/{id}', { params: { path: { id } } });
    if (looked.data === undefined) throw new Error(looked.error.detail);
    status = looked.data.status;
    seen.push(status);
  }
  const missing = await client.GET('/api/v1/runs/{id}', { params: { path: { id: '0'.repeat(32) } } });
  const { code } = missing.error ?? {};
  process.stdout.write(JSON.stringify({ id, listed: listed.data.value.map((run) => run.id), seen, code }));
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
