/**
 * What the application expects of any pub/sub component, asked through a real sidecar over HTTP.
 *
 * A component that passes can stand behind `pubsub` of the application; what it may do better (survive a kill, groups of its
 * own) is proved elsewhere.
 */
import { eventually } from '../../integration/framework/eventually';
import { type CloudEvent, type Heard, type ListeningApp, startListeningApp, type Verdict } from './listening-app';
import { type Sidecar, type SidecarOptions, startSidecar } from './lone-sidecar';

export interface PubSubUnderTest {
  readonly component: SidecarOptions['component'];
  stop(): Promise<void>;
}

const SUBSCRIPTIONS: SidecarOptions['subscriptions'] = [
  { topic: 'contract.plain', route: '/on/plain' },
  { topic: 'contract.other', route: '/on/other' },
  { topic: 'contract.raw', route: '/on/raw', metadata: { rawPayload: 'true' } },
  { topic: 'contract.hopeless', route: '/on/hopeless', deadLetterTopic: 'contract.dead' },
  { topic: 'contract.dead', route: '/on/dead' },
];

const cloudEvent = (id: string, data: unknown, attributes: object = {}): CloudEvent => ({
  specversion: '1.0',
  id,
  type: 'contract.test.v1',
  source: 'contract',
  datacontenttype: 'application/json',
  data,
  ...attributes,
});

export function describePubSub(name: string, open: () => Promise<PubSubUnderTest>): void {
  describe(`pub/sub ${name}`, () => {
    let subject: PubSubUnderTest;
    let app: ListeningApp;
    let sidecar: Sidecar;
    const decisions = new Map<string, (heard: Heard) => Verdict>();

    beforeAll(async () => {
      subject = await open();
      app = await startListeningApp((heard) => decisions.get(heard.event.id)?.(heard) ?? 'SUCCESS');
      sidecar = await startSidecar({
        appId: 'contract',
        appPort: app.port,
        component: subject.component,
        subscriptions: SUBSCRIPTIONS,
        inboundRetries: 3,
      });
    });

    afterAll(async () => {
      await sidecar?.stop();
      await app?.stop();
      await subject?.stop();
    });

    const deliveriesOf = (id: string) => app.heard.filter(({ event }) => event.id === id);
    const delivered = async (id: string, times = 1): Promise<Heard[]> => {
      await eventually(() => deliveriesOf(id).length >= times, { what: `event ${id} arrives ${times} times` });
      return deliveriesOf(id);
    };
    const publishEvent = async (topic: string, event: CloudEvent, query = ''): Promise<void> => {
      const { status } = await sidecar.publish(topic, JSON.stringify(event), 'application/cloudevents+json', query);
      expect(status).toBe(204);
    };

    test('delivers a CloudEvent with its id, type, source, extensions and data untouched', async () => {
      const data = { text: 'Grüße, 写真 🖼', nested: { list: [1, 2.5, null, { deep: true }] }, empty: '' };
      const event = cloudEvent('untouched-1', data, { subject: 'a/b c', contactsheetrun: 'r-1' });
      await publishEvent('contract.plain', event);
      const [heard] = await delivered('untouched-1');
      expect(heard?.event).toMatchObject(event);
      expect(heard?.route).toBe('plain');
      expect(heard?.event.topic).toBe('contract.plain');
    });

    test.each([
      ['application/json', '{"a":1}', { data: { a: 1 } }],
      ['text/plain', 'plain wörds', { data: 'plain wörds' }],
      ['application/octet-stream', Buffer.from([0, 1, 254, 255]), { data_base64: 'AAH+/w==' }],
    ])('keeps the content type %s of data that is not yet an event', async (contentType, body, expected) => {
      const before = app.heard.length;
      expect((await sidecar.publish('contract.other', body, contentType)).status).toBe(204);
      const heard = await eventually(
        () => app.heard.slice(before).find(({ event }) => event.datacontenttype === contentType),
        { what: `an event of type ${contentType} arrives` },
      );
      expect(heard.event).toMatchObject(expected);
    });

    test('hands a raw payload over byte for byte', async () => {
      const bytes = Buffer.from([0xff, 0x00, 0x0a, 0x0d, 0x80, 0x7b]);
      const query = '?metadata.rawPayload=true';
      expect((await sidecar.publish('contract.raw', bytes, 'application/octet-stream', query)).status).toBe(204);
      const heard = await eventually(() => app.on('raw')[0], { what: 'the raw payload arrives' });
      expect(heard.event.data_base64).toBe(bytes.toString('base64'));
    });

    test('delivers an event of 300 KB', async () => {
      const text = '写'.repeat(100_000);
      await publishEvent('contract.plain', cloudEvent('large-1', { text }));
      const [heard] = await delivered('large-1');
      expect(heard?.event.data).toEqual({ text });
    });

    test('keeps topics apart', async () => {
      await publishEvent('contract.other', cloudEvent('apart-1', 1));
      const heard = await delivered('apart-1');
      expect(heard.map(({ route }) => route)).toEqual(['other']);
    });

    test('delivers again what the app refused, until it takes it', async () => {
      let refusals = 2;
      decisions.set('refused-1', () => (refusals-- > 0 ? 'fail' : 'SUCCESS'));
      await publishEvent('contract.plain', cloudEvent('refused-1', 1));
      expect(await delivered('refused-1', 3)).toHaveLength(3);
    });

    test('delivers again what the app wants once more', async () => {
      let refusals = 1;
      decisions.set('again-1', () => (refusals-- > 0 ? 'RETRY' : 'SUCCESS'));
      await publishEvent('contract.plain', cloudEvent('again-1', 1));
      await delivered('again-1', 2);
    });

    test('never delivers again what the app dropped', async () => {
      decisions.set('dropped-1', () => 'DROP');
      await publishEvent('contract.plain', cloudEvent('dropped-1', 1));
      await publishEvent('contract.plain', cloudEvent('dropped-2', 1));
      await delivered('dropped-2');
      expect(deliveriesOf('dropped-1')).toHaveLength(1);
    });

    test('sends what the app refuses every time to the dead-letter topic, whole', async () => {
      const event = cloudEvent('hopeless-1', { why: 'never' });
      decisions.set('hopeless-1', ({ route }) => (route === 'hopeless' ? 'fail' : 'SUCCESS'));
      await publishEvent('contract.hopeless', event);
      const heard = await eventually(() => deliveriesOf('hopeless-1').find(({ route }) => route === 'dead'), {
        what: 'the event arrives at the dead letters',
      });
      expect(heard.event).toMatchObject({ id: 'hopeless-1', data: event.data });
    });

    test('delivers every entry of a bulk publish', async () => {
      const entries = Array.from({ length: 40 }, (_, index) => ({
        entryId: String(index),
        event: cloudEvent(`bulk-${index}`, index),
        contentType: 'application/cloudevents+json',
      }));
      expect((await sidecar.publishBulk('contract.plain', entries)).status).toBeLessThan(300);
      await eventually(() => entries.every(({ event }) => deliveriesOf(event.id).length > 0), {
        what: 'all 40 entries arrive',
      });
      expect(deliveriesOf('bulk-7')[0]?.event.data).toBe(7);
    });

    test('keeps the content type of each entry of a bulk publish', async () => {
      const entries = [
        { entryId: 'text', event: 'bulk wörds', contentType: 'text/plain' },
        { entryId: 'json', event: { bulk: true }, contentType: 'application/json' },
      ];
      const before = app.heard.length;
      expect((await sidecar.publishBulk('contract.other', entries)).status).toBeLessThan(300);
      const heard = await eventually(
        () => {
          const all = app.heard.slice(before).map(({ event }) => ({ type: event.datacontenttype, data: event.data }));
          return all.length >= 2 && all;
        },
        { what: 'both entries arrive' },
      );
      expect(heard).toContainEqual({ type: 'text/plain', data: 'bulk wörds' });
      expect(heard).toContainEqual({ type: 'application/json', data: { bulk: true } });
    });

    test('loses none of 200 events that are published at once', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
      await Promise.all(ids.map((id) => publishEvent('contract.plain', cloudEvent(id, id))));
      await eventually(() => ids.every((id) => deliveriesOf(id).length > 0), { what: 'all 200 arrive' });
    });

    test('delivers an event before its time to live is over', async () => {
      await publishEvent('contract.plain', cloudEvent('short-1', 1), '?metadata.ttlInSeconds=60');
      await delivered('short-1');
    });
  });
}
