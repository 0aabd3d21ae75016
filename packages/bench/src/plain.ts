/**
 * The plain script that the pipeline is measured against: list, download, call, save with the same SDKs, 100 in flight,
 * and nothing else: no durability, no totals, no checks. One process, started by throughput.ts.
 */
import { Agent } from 'node:http';
import { CosmosClient } from '@azure/cosmos';
import { BlobServiceClient } from '@azure/storage-blob';
import axios from 'axios';
import type { Endpoints } from '@contactsheet/dev-stack';

const IN_FLIGHT = 100;

async function main(endpoints: Endpoints, container: string): Promise<void> {
  const blobs = BlobServiceClient.fromConnectionString(endpoints.blobConnectionString).getContainerClient(container);
  const items = new CosmosClient(endpoints.cosmos).database('AnalysisResult').container('ImageAnalysis').items;
  const vision = axios.create({ httpAgent: new Agent({ keepAlive: true, maxSockets: IN_FLIGHT }) });
  const url = `${endpoints.vision.endpoint}/vision/v3.2/analyze?visualFeatures=Categories,Description,Tags,Color`;
  const headers = {
    'Ocp-Apim-Subscription-Key': endpoints.vision.key,
    'Content-Type': 'application/octet-stream',
  };
  const names: string[] = [];
  for await (const blob of blobs.listBlobsFlat()) names.push(blob.name);
  let next = 0;
  const work = async () => {
    for (let n = next++; n < names.length; n = next++) {
      const name = names[n] as string;
      const bytes = await blobs.getBlobClient(name).downloadToBuffer();
      const { data } = await vision.post(url, bytes, { headers });
      await items.upsert({ id: `${container}-${n}`, container: `plain-${container}`, blob: name, analysis: data });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

const [endpoints = '{}', container = ''] = process.argv.slice(2);
void main(JSON.parse(endpoints) as Endpoints, container).then(() => {
  process.stdout.write(`${JSON.stringify({ cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1000 })}\n`);
  process.exit(0);
});
