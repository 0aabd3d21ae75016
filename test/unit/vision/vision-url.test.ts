import { parseVisionUrl } from '../../../src/gateways/vision/vision-url';

const problemOf = (url: string): string | undefined => {
  const parsed = parseVisionUrl(url);
  return 'problem' in parsed ? parsed.problem : undefined;
};

describe('parseVisionUrl', () => {
  it('takes the bare endpoint of the portal', () => {
    expect(parseVisionUrl('https://x.cognitiveservices.azure.com/')).toEqual({
      endpoint: 'https://x.cognitiveservices.azure.com',
    });
    expect(parseVisionUrl(' http://127.0.0.1:8090 ')).toEqual({ endpoint: 'http://127.0.0.1:8090' });
  });

  it('takes a whole analyze URL and learns the version from it', () => {
    expect(
      parseVisionUrl('https://southcentralus.api.cognitive.microsoft.com/vision/v3.2/analyze?visualFeatures=Tags'),
    ).toEqual({
      endpoint: 'https://southcentralus.api.cognitive.microsoft.com',
      apiVersion: '3.2',
    });
    expect(
      parseVisionUrl(
        'https://x.cognitiveservices.azure.com/computervision/imageanalysis:analyze?api-version=2024-02-01',
      ),
    ).toEqual({ endpoint: 'https://x.cognitiveservices.azure.com', apiVersion: '4.0' });
    expect(parseVisionUrl('https://gateway.example/photos/vision/v3.2/analyze')).toEqual({
      endpoint: 'https://gateway.example/photos',
      apiVersion: '3.2',
    });
  });

  it('refuses retired versions and names the successor', () => {
    for (const version of ['1.0', '2.0', '2.1', '3.0', '3.1']) {
      const problem = problemOf(`https://x.cognitiveservices.azure.com/vision/v${version}/analyze`);
      expect(problem).toContain('retired on 13 September 2026; use .../vision/v3.2/analyze');
    }
    expect(problemOf('https://x/vision/v3.2-preview.3/analyze')).toContain('use .../vision/v3.2/analyze');
    expect(problemOf('https://x/vision/v3.2/describe')).toContain('describe');
    expect(problemOf('https://x/computervision/imageanalysis:analyze?api-version=2023-02-01-preview')).toContain(
      '2023-10-01',
    );
  });

  it('refuses plain http but on loopback, credentials and what is no URL', () => {
    expect(problemOf('http://x.cognitiveservices.azure.com')).toContain('https');
    expect(problemOf('http://127.0.0.1.evil.example/')).toContain('https');
    expect(problemOf('http://localhost:8090/vision/v3.2/analyze')).toBeUndefined();
    expect(problemOf('http://[::1]:8090')).toBeUndefined();
    expect(problemOf('https://me:secret@x.example/')).not.toContain('secret');
    expect(problemOf('ftp://x')).toBeDefined();
    expect(problemOf('')).toBeDefined();
  });
});
