import sharp from 'sharp';

/**
 * Generated pictures and what is true of them by construction: the labels that pin the thresholds of the local Vision.
 *
 * Nothing here comes from a camera; "photo-like" means noise with structure, which is what a photograph is to a
 * measurement of pixels.
 */
export interface LabelledPicture {
  readonly name: string;
  readonly make: () => Promise<Buffer>;
  /** Words that must be said, and words that must not. Orientation and colours included. */
  readonly says?: readonly string[];
  readonly saysNot?: readonly string[];
  readonly isBWImg: boolean;
  readonly isLineDrawing: boolean;
  /** Drawn: clip art type 2 or 3. Photo-like: 0 or, without edges, 1. */
  readonly isGraphic: boolean;
}

/** Numerical Recipes' generator: the same pictures on every machine. */
function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

type Pixel = (x: number, y: number) => readonly [red: number, green: number, blue: number];

function paint(width: number, height: number, pixel: Pixel): sharp.Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const [red, green, blue] = pixel(x, y);
      data[at] = clamp(red);
      data[at + 1] = clamp(green);
      data[at + 2] = clamp(blue);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));

/** Soft hills of the given colours with grain: uneven everywhere, sharp somewhere. */
function photo(
  width: number,
  height: number,
  sky: readonly number[],
  ground: readonly number[],
  grain = 28,
): sharp.Sharp {
  const noise = createNoise(7);
  return paint(width, height, (x, y) => {
    const horizon = height * (0.5 + 0.12 * Math.sin(x / 23) + 0.05 * Math.sin(x / 7));
    const base = y < horizon ? sky : ground;
    const shade = 1 + 0.25 * Math.sin(x / 31 + y / 17);
    const speckle = (noise() - 0.5) * 2 * grain;
    return [(base[0] ?? 0) * shade + speckle, (base[1] ?? 0) * shade + speckle, (base[2] ?? 0) * shade + speckle];
  });
}

const svg = (width: number, height: number, content: string): sharp.Sharp =>
  sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`));

const CLIP_ART =
  '<rect width="400" height="300" fill="#f4d03f"/><circle cx="200" cy="150" r="90" fill="#c0392b"/><rect x="40" y="220" width="320" height="50" fill="#2471a3"/>';
const LINES = Array.from(
  { length: 12 },
  (_, i) => `<path d="M ${10 + i * 30} 20 C 10 ${80 + i * 15}, 380 ${i * 20}, ${390 - i * 25} 280" />`,
).join('');
const DENSE_LINES = Array.from({ length: 45 }, (_, i) => `<path d="M ${i * 9} 0 L ${(i * 37) % 400} 300" />`).join('');
const lineArt = (lines: string, width: number): sharp.Sharp =>
  svg(
    400,
    300,
    `<rect width="400" height="300" fill="#fff"/><g fill="none" stroke="#000" stroke-width="${width}">${lines}</g>`,
  );

const BLUE_SKY = [90, 150, 225] as const;
const GREEN_GROUND = [60, 140, 60] as const;

const photographed = { isBWImg: false, isLineDrawing: false, isGraphic: false } as const;
const drawn = { isBWImg: false, isLineDrawing: false, isGraphic: true } as const;

export const LABELLED_PICTURES: readonly LabelledPicture[] = [
  {
    ...photographed,
    name: 'landscape photo as JPEG',
    make: () => photo(400, 300, BLUE_SKY, GREEN_GROUND).jpeg({ quality: 85 }).toBuffer(),
    says: ['landscape format', 'blue', 'green'],
    saysNot: ['graphic', 'blurry', 'black and white', 'dark'],
  },
  {
    ...photographed,
    name: 'portrait photo as PNG',
    make: () => photo(240, 360, BLUE_SKY, GREEN_GROUND).png().toBuffer(),
    says: ['portrait format'],
    saysNot: ['landscape format', 'graphic'],
  },
  {
    ...photographed,
    name: 'square photo',
    make: () => photo(300, 300, BLUE_SKY, GREEN_GROUND).jpeg().toBuffer(),
    says: ['square format'],
  },
  {
    ...photographed,
    name: 'photo stored on its side, shown upright by its EXIF orientation',
    make: () => photo(400, 300, BLUE_SKY, GREEN_GROUND).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    says: ['portrait format'],
  },
  {
    ...photographed,
    name: 'photo as WEBP',
    make: () => photo(400, 300, [220, 130, 40], [120, 70, 30]).webp({ quality: 80 }).toBuffer(),
    says: ['orange', 'brown'],
  },
  {
    ...photographed,
    name: 'greyscale photo',
    isBWImg: true,
    make: () => photo(400, 300, BLUE_SKY, GREEN_GROUND).greyscale().jpeg().toBuffer(),
    says: ['black and white', 'gray'],
    saysNot: ['graphic', 'line drawing', 'colorful', 'blue'],
  },
  {
    ...photographed,
    name: 'blurred photo',
    make: () => photo(400, 300, BLUE_SKY, GREEN_GROUND).blur(9).jpeg({ quality: 90 }).toBuffer(),
    says: ['blurry'],
    saysNot: ['fine detail', 'graphic'],
  },
  {
    ...photographed,
    name: 'dark photo',
    make: () => photo(400, 300, [24, 28, 44], [18, 30, 18], 14).jpeg().toBuffer(),
    says: ['dark', 'black'],
    saysNot: ['bright', 'graphic'],
  },
  {
    ...photographed,
    name: 'bright photo',
    make: () => photo(400, 300, [205, 215, 235], [225, 215, 190], 12).jpeg().toBuffer(),
    says: ['bright'],
    saysNot: ['dark', 'line drawing', 'graphic'],
  },
  {
    ...photographed,
    name: 'colorful photo',
    make: () => photo(400, 300, [230, 40, 120], [250, 190, 20]).jpeg().toBuffer(),
    says: ['colorful', 'pink'],
  },
  {
    ...photographed,
    name: 'colour noise',
    make: () => {
      const noise = createNoise(3);
      return paint(256, 256, () => [noise() * 255, noise() * 255, noise() * 255])
        .png()
        .toBuffer();
    },
    says: ['fine detail'],
    saysNot: ['graphic', 'blurry', 'line drawing'],
  },
  {
    ...photographed,
    name: 'smooth gradient: flat, but of many colours',
    make: () =>
      paint(256, 256, (x, y) => [x, y, 255 - x / 2])
        .png()
        .toBuffer(),
    saysNot: ['graphic', 'line drawing', 'fine detail'],
  },
  {
    ...photographed,
    name: 'overexposed black-and-white photo: paper-white, but no strokes',
    isBWImg: true,
    make: () => photo(400, 300, [250, 250, 250], [80, 80, 80], 30).greyscale().jpeg().toBuffer(),
    says: ['black and white'],
    saysNot: ['line drawing'],
  },
  {
    ...drawn,
    name: 'clip art as PNG',
    make: () => svg(400, 300, CLIP_ART).png().toBuffer(),
    says: ['graphic', 'yellow', 'red', 'blue'],
  },
  { ...drawn, name: 'clip art as GIF', make: () => svg(400, 300, CLIP_ART).gif().toBuffer(), says: ['graphic'] },
  {
    ...drawn,
    name: 'clip art as JPEG',
    make: () => svg(400, 300, CLIP_ART).jpeg({ quality: 80 }).toBuffer(),
    says: ['graphic', 'yellow', 'red'],
    saysNot: ['blurry', 'black and white'],
  },
  {
    ...drawn,
    name: 'clip art on a transparent ground: on white, as it is shown',
    make: () => svg(400, 300, '<circle cx="200" cy="150" r="90" fill="#1e8449"/>').png().toBuffer(),
    says: ['graphic', 'white', 'green', 'bright'],
  },
  {
    ...drawn,
    name: 'one colour',
    make: () =>
      sharp({ create: { width: 80, height: 80, channels: 3, background: '#7d3c98' } })
        .png()
        .toBuffer(),
    says: ['graphic', 'purple', 'square format'],
    saysNot: ['blurry'],
  },
  {
    ...drawn,
    name: 'black and white checkers: drawn, but not of strokes',
    isBWImg: true,
    make: () =>
      paint(200, 200, (x, y) => (((x >> 5) + (y >> 5)) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]))
        .png()
        .toBuffer(),
    says: ['graphic', 'black and white', 'black', 'white'],
    saysNot: ['line drawing'],
  },
  {
    ...drawn,
    name: 'tiny clip art of 64 pixels',
    make: () =>
      svg(64, 64, '<rect width="64" height="64" fill="#fff"/><rect x="8" y="8" width="40" height="40" fill="#e67e22"/>')
        .png()
        .toBuffer(),
    says: ['graphic', 'orange', 'square format'],
  },
  {
    isBWImg: true,
    isLineDrawing: true,
    isGraphic: true,
    name: 'line drawing as PNG',
    make: () => lineArt(LINES, 2).png().toBuffer(),
    says: ['line drawing', 'black and white', 'bright', 'white'],
    saysNot: ['graphic', 'dark'],
  },
  {
    isBWImg: true,
    isLineDrawing: true,
    isGraphic: true,
    name: 'line drawing as JPEG, with ringing around the strokes',
    make: () => lineArt(LINES, 2).jpeg({ quality: 75 }).toBuffer(),
    says: ['line drawing'],
  },
  {
    isBWImg: true,
    isLineDrawing: true,
    isGraphic: false,
    name: 'dense line drawing as JPEG: missed by a first rule that asked for more paper',
    make: () => lineArt(DENSE_LINES, 1.5).jpeg({ quality: 85 }).toBuffer(),
    says: ['line drawing'],
  },
  {
    isBWImg: true,
    isLineDrawing: false,
    isGraphic: true,
    name: 'black silhouette on white',
    make: () =>
      svg(400, 300, '<rect width="400" height="300" fill="#fff"/><circle cx="200" cy="150" r="100" fill="#000"/>')
        .png()
        .toBuffer(),
    says: ['graphic', 'black and white'],
    saysNot: ['line drawing'],
  },
];
