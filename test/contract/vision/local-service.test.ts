import { LOCAL_VISION_PROVIDER } from '../../../packages/dev-stack/src/environment';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { checkEligibility } from '../../../src/domain/image/eligibility';
import { createVision, readImageHeader, VISION_LIMITS } from '../../../src/gateways/vision';
import { type LocalVision, type LocalVisionOptions, startLocalVision } from '../../../packages/dev-vision/src/server';
import { contentHash, picture } from './suite';

/** Guarantee: the stand-in refuses, throttles, counts and answers as its real model does, and never makes anything up. */

const KEY = 'local-key';
const started: LocalVision[] = [];

async function start(options: Partial<LocalVisionOptions> = {}): Promise<LocalVision> {
  const service = await startLocalVision({ port: 0, key: KEY, ...options });
  started.push(service);
  return service;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.close()));
});

const V32 = '/vision/v3.2/analyze?visualFeatures=Tags';
const V40 = '/computervision/imageanalysis:analyze?api-version=2023-10-01&features=tags';

async function post(
  service: LocalVision,
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(service.endpoint + path, {
    method: 'POST',
    body,
    headers: { 'Ocp-Apim-Subscription-Key': KEY, 'Content-Type': 'application/octet-stream', ...headers },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function getStats(service: LocalVision, query = ''): Promise<Record<string, unknown>> {
  return (await (await fetch(`${service.endpoint}/stats${query}`)).json()) as Record<string, unknown>;
}

const error = (body: Record<string, unknown>) =>
  body.error as { code: string; message: string; innererror?: { code: string } };

describe('refusals', () => {
  it('a wrong key: 401 in the words of the gateway, not counted as a call', async () => {
    const service = await start();
    const answer = await post(service, V32, await picture(), { 'Ocp-Apim-Subscription-Key': 'wrong' });
    expect(answer.status).toBe(401);
    expect(error(answer.body).message).toContain('Access denied due to invalid subscription key');
    expect(await getStats(service)).toMatchObject({ calls: 0, unauthorized: 1 });
  });

  it('retired versions and unknown paths: 404', async () => {
    const service = await start();
    for (const path of ['/vision/v1.0/analyze', '/vision/v3.1/analyze', '/elsewhere']) {
      expect((await post(service, path, await picture())).status).toBe(404);
    }
    expect((await post(service, V40.replace('2023-10-01', '2023-02-01-preview'), await picture())).status).toBe(404);
  });

  it('unknown features, languages and details: 400 with the inner code', async () => {
    const service = await start();
    const inner = async (path: string): Promise<string | undefined> =>
      error((await post(service, path, await picture())).body).innererror?.code;
    expect(await inner('/vision/v3.2/analyze?visualFeatures=Tags,Moods')).toBe('NotSupportedVisualFeature');
    expect(await inner(`${V32}&language=de`)).toBe('NotSupportedLanguage');
    expect(await inner(`${V32}&details=Moods`)).toBe('InvalidDetails');
    expect(await inner(V40.replace('tags', 'Color'))).toBe('NotSupportedVisualFeature');
    for (const ratios of ['0.74', '1.81', '1.00,2', 'wide', '1.00;1.50']) {
      expect(await inner(`${V40},smartCrops&smartcrops-aspect-ratios=${ratios}`)).toBe('BadArgument');
    }
  });

  it('sizes and formats: what the header check refuses, the service refuses too, for both versions', async () => {
    const service = await start();
    const side = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: '#888' } });
    const jpeg = await side(64, 64).jpeg().toBuffer();
    const cases: readonly [Buffer, string, string | undefined][] = [
      [await side(49, 60).png().toBuffer(), 'InvalidImageSize', 'InvalidImageSize'],
      [await side(16_001, 50).png().toBuffer(), 'InvalidImageSize', 'InvalidImageSize'],
      [Buffer.concat([jpeg, Buffer.alloc(4 * 1024 * 1024)]), 'InvalidImageSize', undefined],
      [Buffer.alloc(20 * 1024 * 1024 + 1, 0xff), 'InvalidImageSize', undefined],
      [Buffer.alloc(0), 'InvalidImageSize', undefined],
      [Buffer.from('no image at all'), 'InvalidImageFormat', 'InvalidImageFormat'],
      [
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"></svg>'),
        'InvalidImageFormat',
        'InvalidImageFormat',
      ],
      [await side(64, 64).webp().toBuffer(), 'InvalidImageFormat', undefined],
    ];
    for (const [bytes, inner32, inner40] of cases) {
      const [answer32, answer40] = [await post(service, V32, bytes), await post(service, V40, bytes)];
      expect([answer32.status, error(answer32.body).innererror?.code]).toEqual([400, inner32]);
      expect(checkEligibility(readImageHeader(bytes), bytes.length, VISION_LIMITS['3.2'])).toBeDefined();
      const reason40 = checkEligibility(readImageHeader(bytes), bytes.length, VISION_LIMITS['4.0']);
      expect(answer40.status).toBe(reason40 === undefined ? 200 : 400);
      if (reason40 !== undefined) expect(error(answer40.body).innererror?.code).toBe(inner40);
    }
    expect(await getStats(service)).toMatchObject({ calls: 16, answered: 2, failures: 14 });
  });

  it('a picture cut off in the middle: 400, though its header is whole', async () => {
    const service = await start();
    const jpeg = await sharp({
      create: {
        width: 400,
        height: 400,
        channels: 3,
        background: '#37a',
        noise: { type: 'gaussian', mean: 120, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    const answer = await post(service, V32, jpeg.subarray(0, jpeg.length / 2));
    expect(error(answer.body).innererror?.code).toBe('InvalidImageFormat');
  });

  it('other media types: 415 from 3.2, 400 from 4.0, and no fetching by URL', async () => {
    const service = await start();
    expect((await post(service, V32, 'x', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(service, V40, 'x', { 'Content-Type': 'text/plain' })).status).toBe(400);
    const byUrl = await post(service, V32, '{"url":"http://x"}', { 'Content-Type': 'application/json' });
    expect(error(byUrl.body).innererror?.code).toBe('InvalidImageUrl');
  });
});

describe('answers', () => {
  it('name the provider, hold the facts of the pixels and nothing else', async () => {
    const service = await start();
    const bytes = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#ffffff' } })
      .jpeg()
      .toBuffer();
    const all = 'Categories,Tags,Description,Faces,ImageType,Color,Adult,Objects,Brands';
    const { body, headers } = await post(
      service,
      `/vision/v3.2/analyze?visualFeatures=${all}&details=Landmarks`,
      bytes,
    );
    expect(headers.get('x-contactsheet-provider')).toBe('local-pixels.1');
    expect(body).toEqual({
      categories: [],
      faces: [],
      objects: [],
      brands: [],
      tags: expect.arrayContaining([{ name: 'white', confidence: 1 }]),
      description: { tags: expect.arrayContaining(['white']), captions: [expect.objectContaining({ confidence: 1 })] },
      color: expect.objectContaining({ dominantColors: ['White'], isBWImg: true }),
      imageType: { clipArtType: 3, lineDrawingType: 0 },
      requestId: expect.any(String),
      metadata: { width: 90, height: 60, format: 'Jpeg' },
      modelVersion: 'latest',
    });
    const v40 = await post(service, V40.replace('tags', 'caption,tags,read,people,objects'), bytes);
    expect(Object.keys(v40.body).sort()).toEqual([
      'captionResult',
      'metadata',
      'modelVersion',
      'objectsResult',
      'tagsResult',
    ]);
  });

  it('crop the middle in the ratios that were asked for, else in that of the picture', async () => {
    const service = await start();
    const vision = createVision({ endpoint: service.endpoint, key: KEY, apiVersion: '4.0', features: ['smartCrops'] });
    const crops = async (width: number, height: number, feature: string) => {
      const image = await sharp({ create: { width, height, channels: 3, background: '#37a' } })
        .png()
        .toBuffer();
      const outcome = await vision.analyze(image, { features: [feature] });
      expect(outcome).toMatchObject({ ok: true, transactions: 1 });
      return outcome.ok ? outcome.analysis.smartCrops : [];
    };
    const both = [
      { aspectRatio: 0.9, rectangle: { x: 165, y: 0, w: 270, h: 300 } },
      { aspectRatio: 1.33, rectangle: { x: 100, y: 0, w: 399, h: 300 } },
    ];
    expect(await crops(600, 300, 'smartCrops:0.90:1.33')).toEqual(both);
    expect(await crops(600, 300, 'smartCrops:0.90:1.33')).toEqual(both);
    const tall = [{ aspectRatio: 1.8, rectangle: { x: 0, y: 133, w: 60, h: 33 } }];
    expect(await crops(60, 300, 'smartCrops:1.80')).toEqual(tall);
    const whole = [{ aspectRatio: 1.5, rectangle: { x: 0, y: 0, w: 300, h: 200 } }];
    expect(await crops(300, 200, 'smartCrops')).toEqual(whole);
    const wide = [{ aspectRatio: 2, rectangle: { x: 200, y: 0, w: 200, h: 100 } }];
    expect(await crops(600, 100, 'smartCrops')).toEqual(wide);
    vision.close();
    expect(await getStats(service)).toMatchObject({ calls: 5, transactions: 5 });
  });

  it('read an uncompressed bitmap', async () => {
    const service = await start();
    const [width, height] = [60, 50];
    const bytes = Buffer.alloc(54 + width * 3 * height, 0);
    bytes.write('BM', 0, 'latin1');
    bytes.writeUInt32LE(54, 10);
    bytes.writeUInt32LE(40, 14);
    bytes.writeInt32LE(width, 18);
    bytes.writeInt32LE(height, 22);
    bytes.writeUInt16LE(24, 28);
    for (let at = 54; at < bytes.length; at += 3) bytes[at + 2] = 220; // blue, green, red
    const { body } = await post(service, '/vision/v3.2/analyze?visualFeatures=Color', bytes);
    expect(body).toMatchObject({ color: { dominantColors: ['Red'] }, metadata: { format: 'Bmp', width, height } });
  });

  it('exist for every sample picture that Vision would take', async () => {
    const service = await start();
    const folder = join(__dirname, '../../../samples/pictures');
    const vision = createVision({ endpoint: service.endpoint, key: KEY, apiVersion: '3.2', features: ['Tags'] });
    const refused: string[] = [];
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      const reason = checkEligibility(readImageHeader(bytes), bytes.length, vision.limits);
      if (reason === undefined) expect(await vision.analyze(bytes)).toMatchObject({ ok: true });
      else refused.push(`${name}: ${reason}`);
    }
    vision.close();
    expect(files.length).toBeGreaterThanOrEqual(24);
    expect(refused.sort()).toEqual([
      'icon-too-small.png: too-small',
      'not-an-image.jpg: not-an-image',
      'rainbow-gradient.webp: unsupported-format',
    ]);
  });
});

describe('pace', () => {
  it('throttles above the rate with a whole number of seconds, and lets on after it', async () => {
    const service = await start({ rate: '5/s' });
    const bytes = await picture();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(service, V32, bytes)));
    const throttled = answers.filter(({ status }) => status === 429);
    expect(throttled.length).toBeGreaterThanOrEqual(2);
    expect(throttled[0]?.headers.get('retry-after')).toBe('1');
    expect(error(throttled[0]?.body ?? {}).message).toContain('Please retry after 1 second');
    expect(await getStats(service)).toMatchObject({ calls: 8 - throttled.length, throttled: throttled.length });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await post(service, V32, bytes)).status).toBe(200);
  });

  it('holds an answer back for the latency, not for the work besides', async () => {
    const service = await start({ latencyMs: 150 });
    const bytes = await picture();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => post(service, V32, bytes)));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
    expect(await getStats(service)).toMatchObject({ maxInFlight: 10, inFlight: 0 });
  });

  it('can be changed while it runs', async () => {
    const service = await start();
    const response = await fetch(`${service.endpoint}/_dev/pace`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ rate: '20/min', latencyMs: 5 }),
    });
    expect(await response.json()).toEqual({ provider: 'local-pixels', algorithm: '1', rate: '20/min', latencyMs: 5 });
    await expect(startLocalVision({ port: 0, key: KEY, rate: 'fast' })).rejects.toThrow('10/s or 20/min');
  });
});

describe('counts', () => {
  it('tell calls, images, repeats and times apart, and start again when told to', async () => {
    const service = await start();
    const [first, second] = [await picture(), await picture()];
    for (const bytes of [first, second, first]) await post(service, V32, bytes);
    expect(await getStats(service)).toMatchObject({ calls: 3, answered: 3, unique: 2, repeated: 1, transactions: 3 });
    const { byHash } = await getStats(service, '?detail=hashes');
    expect(byHash).toEqual({ [contentHash(first)]: 2, [contentHash(second)]: 1 });
    const { times } = (await getStats(service, '?detail=times')) as { times: number[][] };
    expect(times).toHaveLength(3);
    for (const [from, to, status] of times) {
      expect(to).toBeGreaterThanOrEqual(from ?? 0);
      expect(status).toBe(200);
    }
    await fetch(`${service.endpoint}/stats`, { method: 'DELETE' });
    expect(await getStats(service)).toMatchObject({ calls: 0, unique: 0, firstCallAt: null });
  });

  it('count what was billed and never delivered', async () => {
    const service = await start();
    await fetch(`${service.endpoint}/_dev/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify([{ behaviour: 'reset-after' }]),
    });
    await expect(post(service, V32, await picture())).rejects.toThrow();
    expect(await getStats(service)).toMatchObject({ calls: 1, answered: 1, undelivered: 1, failures: 0 });
  });
});

describe('the gateway', () => {
  it('learns who answers from the first answer where no setting says so', async () => {
    const before = await start();
    const { port } = before;
    await before.close();
    const vision = createVision({
      endpoint: `http://127.0.0.1:${port}`,
      key: KEY,
      apiVersion: '3.2',
      features: ['Tags'],
    });
    expect(vision.analyzer).toMatchObject({ provider: 'azure', version: '3.2' });
    await start({ port });
    expect(await vision.analyze(await picture())).toMatchObject({ ok: true, analyzer: { provider: 'local-pixels' } });
    expect(vision.analyzer).toMatchObject({ provider: 'local-pixels', version: '3.2+local-pixels.1' });
    vision.close();
  });

  it('knows who answers before the first call where a setting says so, as the answers say', async () => {
    const service = await start();
    const settings = { endpoint: service.endpoint, key: KEY, apiVersion: '3.2', features: ['Tags'] } as const;
    const vision = createVision({ ...settings, provider: LOCAL_VISION_PROVIDER });
    const before = vision.analyzer;
    expect(before).toMatchObject({ provider: 'local-pixels', version: '3.2+local-pixels.1' });
    expect(await vision.analyze(await picture())).toMatchObject({ ok: true, analyzer: before });
    expect(vision.analyzer).toEqual(before);
    vision.close();
  });
});
