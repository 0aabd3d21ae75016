import { parseAnalyzeResponse32 } from '../../../src/gateways/vision/analyze-response-32';
import { parseAnalyzeResponse40 } from '../../../src/gateways/vision/analyze-response-40';
import { readResponseBody } from '../../../src/gateways/vision/response-body';

const REAL_32 = {
  categories: [
    { name: 'building_', score: 0.36328125, detail: { landmarks: [{ name: 'Space Needle', confidence: 0.99 }] } },
  ],
  adult: {
    isAdultContent: false,
    isRacyContent: false,
    isGoryContent: false,
    adultScore: 0.01,
    racyScore: 0.02,
    goreScore: 0.03,
  },
  color: {
    dominantColorForeground: 'Brown',
    dominantColorBackground: 'Black',
    dominantColors: ['Black'],
    accentColor: '873B59',
    isBwImg: false,
  },
  imageType: { clipArtType: 0, lineDrawingType: 0 },
  tags: [{ name: 'grass', confidence: 0.99, hint: 'plant' }],
  description: { tags: ['grass'], captions: [{ text: 'a field', confidence: 0.48 }] },
  faces: [{ age: 54, gender: 'Male', faceRectangle: { left: 1, top: 2, width: 3, height: 4 } }],
  objects: [
    {
      rectangle: { x: 0, y: 1, w: 2, h: 3 },
      object: 'tree',
      confidence: 0.9,
      parent: { object: 'plant', confidence: 0.95 },
    },
  ],
  brands: [{ name: 'Pepsi', confidence: 0.857, rectangle: { x: 1, y: 2, w: 3, h: 4 } }],
  requestId: 'ed2de1c6-fb55-4686-b0da-4da6e05d283f',
  metadata: { width: 1500, height: 1000, format: 'Jpeg' },
  modelVersion: '2021-05-01',
};

describe('an answer of Analyze Image 3.2', () => {
  it('keeps the words of the service, both spellings of isBWImg, and no age or gender', () => {
    const analysis = parseAnalyzeResponse32({ ...REAL_32, somethingNew: 1 });
    expect(analysis).toMatchObject({ categories: REAL_32.categories, metadata: REAL_32.metadata, tags: REAL_32.tags });
    expect(analysis?.color?.isBWImg).toBe(false);
    expect(analysis?.color).not.toHaveProperty('isBwImg');
    expect(analysis?.faces).toEqual([{ faceRectangle: { left: 1, top: 2, width: 3, height: 4 } }]);
    expect(analysis).not.toHaveProperty('somethingNew');
  });

  it('leaves absent what was not said', () => {
    expect(parseAnalyzeResponse32({ requestId: 'r', categories: [] })).toEqual({ requestId: 'r', categories: [] });
  });

  it.each([
    ['nothing of an analysis', {}],
    ['an id alone', { requestId: 'r' }],
    ['a list', []],
    ['a word', 'analysis'],
    ['an infinite number', { tags: [{ name: 'x', confidence: Number.POSITIVE_INFINITY }] }],
    ['a number as text', { metadata: { width: '100', height: 100 } }],
    ['an object for a list', { tags: {} }],
    ['an error with 200', { error: { code: '500', message: 'no' } }],
  ])('refuses %s', (_what, value) => {
    expect(parseAnalyzeResponse32(value)).toBeUndefined();
  });
});

describe('an answer of Image Analysis 4.0', () => {
  it('is put into the words of 3.2', () => {
    const boundingBox = { x: 1, y: 2, w: 3, h: 4 };
    const said = {
      modelVersion: '2023-10-01',
      metadata: { width: 100, height: 80 },
      captionResult: { text: 'a person', confidence: 0.7 },
      denseCaptionsResult: { values: [{ text: 'a hat', confidence: 0.6, boundingBox }] },
      tagsResult: { values: [{ name: 'hat', confidence: 0.9 }] },
      objectsResult: {
        values: [
          { boundingBox, tags: [{ name: 'hat', confidence: 0.8 }] },
          { boundingBox, tags: [] },
        ],
      },
      peopleResult: {
        values: [
          { boundingBox, confidence: 0.9 },
          { boundingBox, confidence: 0.001 },
        ],
      },
      smartCropsResult: { values: [{ aspectRatio: 1.5, boundingBox }] },
      readResult: { blocks: [{ lines: [{ text: 'EXIT', boundingPolygon: [], words: [] }, { text: 'now' }] }] },
    };
    expect(parseAnalyzeResponse40(said, 'id-1')).toEqual({
      requestId: 'id-1',
      modelVersion: '2023-10-01',
      metadata: { width: 100, height: 80 },
      description: { captions: [{ text: 'a person', confidence: 0.7 }] },
      tags: [{ name: 'hat', confidence: 0.9 }],
      objects: [{ object: 'hat', confidence: 0.8, rectangle: boundingBox }],
      denseCaptions: [{ text: 'a hat', confidence: 0.6, rectangle: boundingBox }],
      people: [{ confidence: 0.9, rectangle: boundingBox }],
      smartCrops: [{ aspectRatio: 1.5, rectangle: boundingBox }],
      text: ['EXIT', 'now'],
    });
    expect(parseAnalyzeResponse40({ metadata: { width: 1, height: 2 } }, undefined)).toEqual({
      metadata: { width: 1, height: 2 },
    });
    expect(parseAnalyzeResponse40({ modelVersion: '2023-10-01' }, 'id')).toBeUndefined();
    expect(parseAnalyzeResponse40({ tagsResult: [] }, 'id')).toBeUndefined();
  });
});

describe('readResponseBody', () => {
  it('takes null for absent at any depth', () => {
    expect(readResponseBody('{"a":null,"b":[{"c":null,"d":0}]}')).toEqual({ value: { b: [{ d: 0 }] } });
  });

  it('refuses __proto__ as a key at any depth and takes it as a word', () => {
    expect(readResponseBody('{"tags":[{"__proto__" : {"x":1}}]}')).toHaveProperty('problem');
    expect(readResponseBody('{"tags":[{"name":"__proto__"}]}')).toHaveProperty('value');
    expect(readResponseBody(JSON.stringify({ text: '"__proto__": {}' }))).toHaveProperty('value');
    expect(Object.prototype).not.toHaveProperty('x');
  });
});
