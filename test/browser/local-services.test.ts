import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startCosmosServer } from '../../packages/dev-cosmos/src/server';
import { startLocalVision } from '../../packages/dev-vision/src/server';
import { closePage, EVIL, openPage, type Site, startBrowser, startSite } from './browser';

/** Guarantee: the control paths of the local services take and tell nothing to a page elsewhere, in a real browser. */

interface Service {
  readonly address: string;
  /** Who may, sees this. */
  readonly control: string;
  readonly tells: RegExp;
  stop(): Promise<void>;
}

async function vision(): Promise<Service> {
  const service = await startLocalVision({ port: 0, key: 'k' });
  return {
    ...{ address: `http://127.0.0.1:${service.port}`, control: '/_dev/faults', tells: /"faults":\[\]/ },
    stop: () => service.close(),
  };
}

async function cosmos(): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'contactsheet-browser-'));
  const key = Buffer.from('a key for tests only').toString('base64');
  const server = await startCosmosServer({ port: 0, file: join(folder, 'c.sqlite'), key });
  return {
    ...{ address: server.endpoint.replace(/\/$/, ''), control: '/_dev/faults', tells: /"remaining":0/ },
    async stop() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), startSite()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const FAULTS = ['[{"behaviour":"429"}]', '{"count":3,"retryAfterMs":1}'];
const INITS = FAULTS.flatMap((body) => [
  { method: 'POST', mode: 'no-cors', body },
  { method: 'POST', body },
  { method: 'POST', headers: { 'content-type': 'application/json' }, body },
]);

test.each([
  ['the local Vision', vision],
  ['the Cosmos server', cosmos],
])('%s', async (_, start) => {
  const service = await start();
  const { port } = new URL(service.address);
  try {
    for (const name of ['127.0.0.1', 'localhost', EVIL]) {
      const page = await openPage(browser, `http://${name}:${site.port}`);
      for (const host of ['127.0.0.1', 'localhost', EVIL]) {
        const url = JSON.stringify(`http://${host}:${port}${service.control}`);
        for (const init of [{}, { mode: 'no-cors' }, { method: 'DELETE' }, ...INITS]) {
          const got = await page.evaluate(
            `fetch(${url}, ${JSON.stringify(init)}).then((answer) => answer.text(), (error) => 'stopped: ' + error)`,
          );
          expect(got).toMatch(/^$|^stopped: TypeError/);
        }
      }
      await closePage(page);
    }
    const answer = await fetch(service.address + service.control);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(service.tells)]);
  } finally {
    await service.stop();
  }
});
