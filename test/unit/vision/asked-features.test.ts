import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createVision, type VisionApiVersion } from '../../../src/gateways/vision';

const V40 = { 'api-version': '2023-10-01' };

test.each<[VisionApiVersion, string[], Record<string, string>]>([
  ['3.2', ['Tags'], { visualFeatures: 'Tags' }],
  ['3.2', ['Description', 'Landmarks', 'Tags'], { visualFeatures: 'Description,Tags', details: 'Landmarks' }],
  ['3.2', ['Celebrities', 'Landmarks'], { details: 'Celebrities,Landmarks' }],
  ['4.0', ['smartCrops', 'tags'], { ...V40, features: 'smartCrops,tags' }],
  [
    '4.0',
    ['smartCrops:0.90:1.33', 'tags'],
    { ...V40, features: 'smartCrops,tags', 'smartcrops-aspect-ratios': '0.90,1.33' },
  ],
])('a call of %s for %j says so, and names nothing else', async (apiVersion, features, said) => {
  const asked: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    asked.push(Object.fromEntries(new URL(request.url ?? '', 'http://x').searchParams));
    response.end('{"metadata":{"width":1,"height":1}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const configured = apiVersion === '3.2' ? 'Color' : 'read';
  const vision = createVision({
    ...{ endpoint, key: 'k', apiVersion, features: [configured], timeoutMs: 5_000 },
    smartCropsAspectRatios: ['1.78'], // of smart crops that a run chooses, not of those that it has chosen
  });
  const outcome = await vision.analyze(new Uint8Array([1]), { features });
  vision.close();
  server.close();
  expect(outcome).toMatchObject({ transactions: features.length });
  expect(asked).toEqual([{ language: 'en', ...said }]);
});
