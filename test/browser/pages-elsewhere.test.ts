import { Router } from 'express';
import type { Browser, Page } from 'playwright-core';
import { createPublicApp } from '../../src/http/public-server';
import { type Listener, listen } from '../../src/http/listener';
import { type FakeUseCases, fakeUseCases } from '../http/fake-use-cases';
import { recordedLog } from '../http/listening';
import { type Attack, LIST, READING, START, STARTER, STARTING } from './attacks';
import { closePage, EVIL, openPage, type Site, sendPage, startBrowser, startSite } from './browser';

/**
 * Guarantee: in a real browser, no page of another origin starts, changes or reads anything, be it on another port of
 * localhost, under another name, or under a name that was rebound to us. Our own page and a person at the address bar may.
 *
 * Every attack must arrive, or it would prove nothing: what the listener heard is compared as well.
 */

const SECRET = 'private-holiday';

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

let browser: Browser;
let site: Site;
let listener: Listener;
let useCases: FakeUseCases;
let heard: Heard[];

/** The page that comes with the product has a policy of its own, and may talk to where it came from. */
function ownPage(): Router {
  const router = Router();
  router.get(['/', '/page-of-somebody'], (_req, res) => {
    res.set('Content-Security-Policy', "default-src 'self'").type('html').send('<title>ours</title>');
  });
  return router;
}

beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), startSite()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  useCases = fakeUseCases();
  useCases.containers.add(SECRET);
  heard = [];
  const { app, finish } = createPublicApp({ useCases, log: recordedLog().log });
  app.use(ownPage());
  finish();
  listener = await listen(
    (req, res) => {
      const { method = '', url: path = '' } = req;
      if (path === '/page-of-somebody' && req.headers.host?.startsWith(EVIL)) return sendPage(res); // before it was rebound
      res.once('finish', () => heard.push({ method, path, status: res.statusCode }));
      app(req, res);
    },
    { host: '127.0.0.1', port: 0, name: 'public API' },
  );
});
afterEach(() => listener.close(0));

const nothingHappened = () => {
  const { commands, said, samples, settings } = useCases;
  expect({ commands, said, samples, changes: settings.changes, watches: [...settings.watches] }).toEqual({
    ...{ commands: [], said: [], samples: [], changes: [], watches: [] },
  });
};

/** What the page got out of it, and how we answered. */
async function attack(page: Page, { sends, script }: Attack, target: string): Promise<string> {
  heard = [];
  const got = String(await page.evaluate(script(target)));
  const arrived = heard.filter(({ method, path }) => method === sends?.method && path === sends.path);
  if (sends !== undefined) expect(heard).toContainEqual(expect.objectContaining(sends));
  return `${arrived.map(({ status }) => status).join()} ${got}`;
}

const elsewhere = [
  ['another port of localhost', () => openPage(browser, `http://localhost:${site.port}`), 403],
  ['another port of 127.0.0.1', () => openPage(browser, `http://127.0.0.1:${site.port}`), 403],
  ['another name', () => openPage(browser, `http://${EVIL}:${site.port}`), 403],
  ['a rebound name', () => openPage(browser, `http://${EVIL}:${listener.port}`), 421],
] as const;

describe.each(elsewhere)('a page of %s', (_, open, refused) => {
  /** A rebound page asks its own name, and every other one ours. */
  const targets = () =>
    refused === 421
      ? [`http://${EVIL}:${listener.port}`]
      : [`http://localhost:${listener.port}`, `http://127.0.0.1:${listener.port}`];

  test('starts and changes nothing', async () => {
    const page = await open();
    for (const target of targets()) {
      for (const one of STARTING) {
        const got = await attack(page, one, target);
        if (one.sends !== undefined) expect([one.name, got]).toEqual([one.name, expect.stringMatching(`^${refused}`)]);
        expect(heard.filter(({ status }) => status < 400)).toEqual([]);
      }
    }
    nothingHappened();
    await closePage(page);
  });

  test('reads nothing', async () => {
    const page = await open();
    for (const target of targets()) {
      for (const one of READING)
        expect([one.name, await attack(page, one, target)]).toEqual([one.name, expect.not.stringContaining(SECRET)]);
    }
    await closePage(page);
  });

  test('starts nothing by leading the browser there', async () => {
    for (const target of targets()) {
      const page = await open();
      heard = [];
      const arrived = page.waitForResponse((answer) => answer.url().endsWith(STARTER));
      await page.evaluate(`void (location.href = '${target}${STARTER}')`);
      expect((await arrived).status()).toBe(refused);
      await closePage(page);
    }
    nothingHappened();
  });
});

describe('who may', () => {
  test('our own page reads and starts', async () => {
    for (const name of ['localhost', '127.0.0.1']) {
      useCases.runs.clear();
      const page = await openPage(browser, `http://${name}:${listener.port}`);
      const target = `http://${name}:${listener.port}`;
      const list = await page.evaluate(`fetch('${LIST}').then((answer) => answer.text())`);
      expect(list).toContain(SECRET);
      const start = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
      const script = `fetch('${target}${START}', ${JSON.stringify(start)}).then((answer) => answer.status)`;
      expect(await page.evaluate(script)).toBe(202);
      await closePage(page);
    }
    expect(useCases.commands).toHaveLength(2);
  });

  test('a person who types the address of the starter', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://localhost:${listener.port}${STARTER}`);
    expect(heard).toContainEqual({
      ...{ method: 'GET', path: STARTER, status: 202 },
    });
    expect(useCases.commands).toEqual([{ container: 'photos' }]);
    await closePage(page);
  });
});
