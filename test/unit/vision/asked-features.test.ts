import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAzureVision32 } from '../../../src/gateways/vision/azure-vision-32';

test.each([
  [['Tags'], { visualFeatures: 'Tags' }],
  [['Description', 'Landmarks', 'Tags'], { visualFeatures: 'Description,Tags', details: 'Landmarks' }],
  [['Celebrities', 'Landmarks'], { details: 'Celebrities,Landmarks' }],
])('a call for %j says so, and names nothing else', async (features, said) => {
  const asked: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    asked.push(Object.fromEntries(new URL(request.url ?? '', 'http://x').searchParams));
    response.end('{"metadata":{"width":1,"height":1}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const vision = createAzureVision32({ endpoint, key: 'k', features: ['Color'], timeoutMs: 5_000 });
  const outcome = await vision.analyze(new Uint8Array([1]), { features });
  vision.close();
  server.close();
  expect(outcome).toMatchObject({ transactions: features.length });
  expect(asked).toEqual([{ language: 'en', ...said }]);
});
