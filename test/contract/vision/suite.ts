import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { VisionFailure, VisionGateway } from '../../../src/gateways/vision/port';

/** What a test needs besides the gateway: to break it, and to see from outside what reached it. */
export interface VisionUnderTest {
  readonly gateway: VisionGateway;
  /** Features asked for in the language of this gateway; the first two are used alone, too. */
  readonly features: readonly [string, string, ...string[]];
  /** The next call is answered with 429 and `Retry-After: 1`. */
  throttleNextCall(): Promise<void>;
  /** The next call is not answered before it is given up. */
  hangNextCall(): Promise<void>;
  /** Calls of these bytes that were answered with an analysis. */
  answersFor(contentHash: string): Promise<number>;
  close(): Promise<void>;
}

export const contentHash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let made = 0;
/** Different bytes each time, so that no test sees the calls of another. */
export function picture(): Promise<Buffer> {
  made += 1;
  return sharp({
    create: { width: 60 + (made % 40), height: 60, channels: 3, background: { r: made % 256, g: 90, b: 200 } },
  })
    .png()
    .toBuffer();
}

/** The contract of VisionGateway: every implementation passes all of it. */
export function describeVisionContract(name: string, start: () => Promise<VisionUnderTest>): void {
  describe(`the contract of VisionGateway: ${name}`, () => {
    let vision: VisionUnderTest;
    beforeAll(async () => {
      vision = await start();
    });
    afterAll(() => vision.close());

    it('says who answers and what it takes before the first call', () => {
      const { analyzer, limits } = vision.gateway;
      expect(analyzer.provider).not.toBe('');
      expect(analyzer.version).toMatch(/^(3\.2|4\.0)/);
      expect([...analyzer.features]).toEqual([...vision.features].sort());
      expect(analyzer.language).toBe('en');
      expect(limits.formats).toContain('jpeg');
      expect(limits.minSidePixels).toBe(50);
    });

    it('answers a picture with an analysis, counted once', async () => {
      const image = await picture();
      const outcome = await vision.gateway.analyze(image);
      expect(outcome).toMatchObject({ ok: true, httpStatus: 200, transactions: vision.features.length });
      if (outcome.ok) {
        expect(outcome.analysis.tags?.length).toBeGreaterThan(0);
        expect(outcome.analysis.description?.captions.length).toBe(1);
        expect(outcome.requestId).toBeTruthy();
        expect(outcome.analysis.requestId).toBe(outcome.requestId);
        expect(outcome.analyzer ?? vision.gateway.analyzer).toEqual(vision.gateway.analyzer);
      }
      expect(await vision.answersFor(contentHash(image))).toBe(1);
    });

    it('asks for the features of the call alone and bills those', async () => {
      const [first] = vision.features;
      const outcome = await vision.gateway.analyze(await picture(), { features: [first] });
      expect(outcome).toMatchObject({ ok: true, transactions: 1 });
    });

    it('repeats nothing by itself: a throttled call comes back with its wait', async () => {
      const image = await picture();
      await vision.throttleNextCall();
      const outcome = await vision.gateway.analyze(image);
      expect(outcome).toMatchObject({ ok: false, code: 'vision-throttled', retryable: true, retryAfterMs: 1000 });
      expect(await vision.answersFor(contentHash(image))).toBe(0);
      expect(await vision.gateway.analyze(image)).toMatchObject({ ok: true });
      expect(await vision.answersFor(contentHash(image))).toBe(1);
    });

    it('gives a call up when its caller does', async () => {
      const giveUp = new AbortController();
      await vision.hangNextCall();
      const pending = vision.gateway.analyze(await picture(), { signal: giveUp.signal });
      setTimeout(() => giveUp.abort(), 50);
      expect(await pending).toMatchObject({ ok: false, code: 'vision-aborted', retryable: true });
    });

    it('makes no call that was given up before it began', async () => {
      const image = await picture();
      const outcome = (await vision.gateway.analyze(image, { signal: AbortSignal.abort() })) as VisionFailure;
      expect(outcome.code).toBe('vision-aborted');
      expect(await vision.answersFor(contentHash(image))).toBe(0);
    });

    it('answers many at once, each by itself', async () => {
      const images = await Promise.all(Array.from({ length: 30 }, picture));
      const outcomes = await Promise.all(images.map((image) => vision.gateway.analyze(image)));
      expect(outcomes.every(({ ok }) => ok)).toBe(true);
      expect(new Set(outcomes.map((outcome) => (outcome.ok ? outcome.analysis.requestId : ''))).size).toBe(30);
    });
  });
}
