import { ENDPOINTS } from '../../src/contract/endpoints';
import { pathOf } from '../../src/contract/path';

/**
 * What a page can try on another address, as scripts that run in the page. Each resolves to a text: whatever the page could
 * read of the answer, or how it was stopped.
 */
export interface Attack {
  readonly name: string;
  /** What a browser sends for it; absent where it must not even send anything but a preflight. */
  readonly sends?: { readonly method: string; readonly path: string };
  readonly script: (target: string) => string;
}

export const START = pathOf(ENDPOINTS.startRun, { container: 'photos' });
const TUTORIAL = pathOf(ENDPOINTS.startByTutorialGet);
export const STARTER = `${TUTORIAL}?container=photos`;
export const LIST = pathOf(ENDPOINTS.listContainers);

const q = JSON.stringify;
/** Time for a request of which the page hears nothing. */
const SETTLE = 'await new Promise((resolve) => setTimeout(resolve, 400));';

const read = (url: string, init: object) =>
  `fetch(${q(url)}, ${q(init)}).then(async (a) => a.type + ' ' + a.status + ' ' + (await a.text()), (e) => 'stopped: ' + e)`;

const form = (url: string, method: string, type: string) => `(async () => {
  const frame = Object.assign(document.createElement('iframe'), { name: 'sink' + Math.random() });
  document.body.append(frame);
  const form = Object.assign(document.createElement('form'), { method: ${q(method)}, action: ${q(url)}, enctype: ${q(type)}, target: frame.name });
  const field = Object.assign(document.createElement('input'), { name: 'container', value: 'photos' });
  form.append(field);
  document.body.append(form);
  form.submit();
  ${SETTLE}
  try { return 'read ' + frame.contentDocument.body.innerText; } catch (e) { return 'stopped: ' + e; }
})()`;

const element = (tag: string, attributes: object) => `(async () => {
  const made = Object.assign(document.createElement(${q(tag)}), ${q(attributes)});
  const end = new Promise((resolve) => { made.onload = () => resolve('loaded'); made.onerror = () => resolve('failed'); });
  document.body.append(made);
  return Promise.race([end, new Promise((resolve) => setTimeout(resolve, 2000, 'nothing'))]).then((how) => {
    try { return how + ' ' + (made.contentDocument ? made.contentDocument.body.innerText : ''); } catch (e) { return 'stopped: ' + e; }
  });
})()`;

const popup = (url: string) => `(async () => {
  const opened = window.open(${q(url)});
  ${SETTLE}
  try { return 'read ' + opened.document.body.innerText; } catch (e) { return 'stopped: ' + e; } finally { opened?.close(); }
})()`;

/** Whatever starts something. */
export const STARTING: readonly Attack[] = [
  ...['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'].map((type) => ({
    name: `form post as ${type}`,
    sends: { method: 'POST', path: START },
    script: (target: string) => form(target + START, 'post', type),
  })),
  {
    name: 'form post to the starter',
    sends: { method: 'POST', path: STARTER },
    script: (target) => form(target + STARTER, 'post', 'text/plain'),
  },
  {
    name: 'form get of the starter',
    sends: { method: 'GET', path: STARTER },
    script: (target) => form(target + TUTORIAL, 'get', 'application/x-www-form-urlencoded'),
  },
  ...['cors', 'no-cors'].flatMap((mode) => [
    {
      name: `fetch of text/plain, ${mode}`,
      sends: { method: 'POST', path: START },
      script: (target: string) => read(target + START, { method: 'POST', mode, body: '{}' }),
    },
    {
      name: `fetch without a body, ${mode}`,
      sends: { method: 'POST', path: START },
      script: (target: string) => read(target + START, { method: 'POST', mode }),
    },
    {
      name: `fetch of the starter, ${mode}`,
      sends: { method: 'GET', path: STARTER },
      script: (target: string) => read(target + STARTER, { mode }),
    },
  ]),
  {
    name: 'fetch of JSON',
    script: (target) =>
      read(target + START, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
  },
  {
    name: 'fetch with PUT',
    script: (target) =>
      read(target + pathOf(ENDPOINTS.setQuota), {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: '{"monthlyTransactions":1}',
      }),
  },
  {
    name: 'beacon',
    sends: { method: 'POST', path: START },
    script: (target) =>
      `(async () => { navigator.sendBeacon(${q(target + START)}, '{}'); ${SETTLE} return 'sent'; })()`,
  },
  {
    name: 'image of the starter',
    sends: { method: 'GET', path: STARTER },
    script: (target) => element('img', { src: target + STARTER }),
  },
  {
    name: 'script of the starter',
    sends: { method: 'GET', path: STARTER },
    script: (target) => element('script', { src: target + STARTER }),
  },
  {
    name: 'frame of the starter',
    sends: { method: 'GET', path: STARTER },
    script: (target) => element('iframe', { src: target + STARTER }),
  },
  {
    name: 'window of the starter',
    sends: { method: 'GET', path: STARTER },
    script: (target) => popup(target + STARTER),
  },
];

/** Whatever would read. */
export const READING: readonly Attack[] = [
  ...['cors', 'no-cors'].map((mode) => ({
    name: `fetch, ${mode}`,
    sends: { method: 'GET', path: LIST },
    script: (target: string) => read(target + LIST, { mode }),
  })),
  {
    name: 'frame',
    sends: { method: 'GET', path: LIST },
    script: (target) => element('iframe', { src: target + LIST }),
  },
  { name: 'window', sends: { method: 'GET', path: LIST }, script: (target) => popup(target + LIST) },
  { name: 'image', sends: { method: 'GET', path: LIST }, script: (target) => element('img', { src: target + LIST }) },
  {
    name: 'script',
    sends: { method: 'GET', path: LIST },
    script: (target) => element('script', { src: target + LIST }),
  },
];
