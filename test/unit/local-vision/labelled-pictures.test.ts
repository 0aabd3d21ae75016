import { readImageHeader } from '../../../src/gateways/vision/image-header';
import { COLOUR_NAMES } from '../../../packages/dev-vision/src/colour-names';
import { factsOf, type ImageFacts } from '../../../packages/dev-vision/src/image-facts';
import { measurePixels } from '../../../packages/dev-vision/src/pixel-measures';
import { samplePixels } from '../../../packages/dev-vision/src/pixel-sample';
import { LABELLED_PICTURES, type LabelledPicture } from './labelled-pictures';

const looked = new Map<string, Promise<ImageFacts>>();

function factsAbout(picture: LabelledPicture): Promise<ImageFacts> {
  const facts = looked.get(picture.name) ?? picture.make().then(look);
  looked.set(picture.name, facts);
  return facts;
}

async function look(bytes: Uint8Array): Promise<ImageFacts> {
  const header = readImageHeader(bytes);
  if (header.kind !== 'image') throw new Error(`the picture is ${header.kind}`);
  const sample = await samplePixels(bytes, header.format);
  if (sample === undefined) throw new Error('the picture cannot be decoded');
  return factsOf(measurePixels(sample), sample);
}

describe('what local Vision measures in pictures of known truth', () => {
  it('has at least twenty of them', () => {
    expect(LABELLED_PICTURES.length).toBeGreaterThanOrEqual(20);
  });

  for (const picture of LABELLED_PICTURES) {
    it(picture.name, async () => {
      const facts = await factsAbout(picture);
      const words = facts.words.map(({ name }) => name);
      expect(words).toEqual(expect.arrayContaining([...(picture.says ?? [])]));
      for (const word of picture.saysNot ?? []) expect(words).not.toContain(word);
      expect({
        isBWImg: facts.color.isBWImg,
        isLineDrawing: facts.imageType.lineDrawingType === 1,
        isGraphic: facts.imageType.clipArtType >= 2,
      }).toEqual({
        isBWImg: picture.isBWImg,
        isLineDrawing: picture.isLineDrawing,
        isGraphic: picture.isGraphic,
      });
    });
  }

  it('keeps every confidence a share, every colour name one of the twelve, and the accent a colour', async () => {
    for (const picture of LABELLED_PICTURES) {
      const { words, caption, color } = await factsAbout(picture);
      for (const { confidence } of [...words, caption]) {
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
      expect(color.accentColor).toMatch(/^[0-9A-F]{6}$/);
      for (const name of [...color.dominantColors, color.dominantColorBackground, color.dominantColorForeground]) {
        expect(COLOUR_NAMES).toContain(name);
      }
      expect(new Set(words.map(({ name }) => name)).size).toBe(words.length);
    }
  });

  it('makes the caption of measured words alone', async () => {
    const captions = await Promise.all(
      LABELLED_PICTURES.map(async (picture) => (await factsAbout(picture)).caption.text),
    );
    expect(captions).toContain('a colorful landscape-format image, mostly blue and green');
    expect(captions).toContain('a bright black-and-white landscape-format line drawing, mostly white and gray');
    const colours = COLOUR_NAMES.join('|').toLowerCase();
    const pattern = new RegExp(
      `^a ((bright|dark|blurry|colorful|black-and-white) )*(landscape|portrait|square)-format (image|graphic|line drawing), mostly (${colours})( and (${colours}))?$`,
    );
    for (const caption of captions) expect(caption).toMatch(pattern);
  });
});
