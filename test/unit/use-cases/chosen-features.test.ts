import { createAzureVision40 } from '../../../src/gateways/vision/azure-vision-40';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import { chosenFeatures } from '../../../src/use-cases/runs/chosen-features';

const vision = createMemoryVision();
const thrownBy = (names: readonly string[]) => {
  try {
    return chosenFeatures(vision, names);
  } catch (thrown) {
    return thrown;
  }
};

test('each once, sorted, as the service writes it', () => {
  expect(chosenFeatures(vision, ['tags', ' ADULT', 'Tags', 'landmarks'])).toEqual(['Adult', 'Landmarks', 'Tags']);
});

test('nothing chosen is what is configured', () => {
  expect(chosenFeatures(vision, undefined)).toEqual(vision.analyzer.features);
});

test.each([
  [
    ['Tags', 'Smiles', 'constructor'],
    'Vision has no feature Smiles, constructor; it has Categories',
    '/body/features/1',
  ],
  [[''], 'Vision has no feature ', '/body/features/0'],
  [[], 'No feature is named; it has Categories', '/body/features'],
])('%j is refused', (names, message, pointer) => {
  const text = expect.stringContaining(message);
  expect(thrownBy(names)).toMatchObject({ code: 'invalid-request', message: text, context: { pointer } });
});

test('another version of the service has other features, and takes the words of 3.2 where it has the thing', () => {
  const settings = { endpoint: 'http://127.0.0.1:1', key: 'k', apiVersion: '4.0', features: ['tags'] } as const;
  const newer = createAzureVision40({ ...settings, timeoutMs: 1 });
  expect(chosenFeatures(newer, ['Description', 'Read'])).toEqual(['caption', 'read']);
  expect(() => chosenFeatures(newer, ['Color'])).toThrow('no feature Color; it has caption');
  newer.close();
});

test('smart crops take the ratios they name, else the configured ones, and are asked for once', () => {
  const settings = { endpoint: 'http://127.0.0.1:1', key: 'k', apiVersion: '4.0', features: ['tags'] } as const;
  const newer = createAzureVision40({ ...settings, smartCropsAspectRatios: ['1.00'], timeoutMs: 1 });
  expect(chosenFeatures(newer, ['smartcrops'])).toEqual(['smartCrops:1.00']);
  expect(chosenFeatures(newer, ['smartcrops:1.5'])).toEqual(['smartCrops:1.50']);
  expect(() => chosenFeatures(newer, ['smartcrops', 'smartcrops:1.5'])).toThrow('smartCrops is named twice');
  expect(() => chosenFeatures(newer, ['smartcrops:2'])).toThrow('no feature smartcrops:2; it has caption');
  newer.close();
});
