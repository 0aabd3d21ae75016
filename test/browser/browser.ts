import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM_CURE, findChromium } from '../../packages/dev-stack/src/chromium';

/** A name that its owner has had rebound to this machine. */
export const EVIL = 'evil.example';

/** @throws Error with the cure where there is no browser */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (executablePath === undefined) throw new Error(`There is no Chromium. ${CHROMIUM_CURE}`);
  return chromium.launch({ executablePath, args: [`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`] });
}

export interface Site {
  readonly port: number;
  close(): Promise<void>;
}

/** A web site of somebody else on a port of this machine: empty pages. */
export async function startSite(): Promise<Site> {
  const server: Server = createServer((_req, res) => sendPage(res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendPage(response: ServerResponse): void {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title><body>here</body>');
}

/** A page at this address. */
export async function openPage(browser: Browser, address: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${address}/page-of-somebody`);
  return page;
}

export async function closePage(page: Page): Promise<void> {
  await page.context().close();
}
