/**
 * Where smart crops lie: the largest part of each aspect ratio in the middle of the picture, since pixels alone do not tell
 * what matters in it. The same picture and ratios give the same crops.
 */
export interface SmartCrop {
  /** Width / height, as it was asked for; with two decimals where it was chosen here. */
  readonly aspectRatio: number;
  /** Whole pixels from the upper left corner. */
  readonly boundingBox: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** What the service keeps to where it chooses: the ratio of the picture itself, as far as it lies between. */
const [LEAST_CHOSEN, MOST_CHOSEN] = [0.5, 2];

export function centredCrops(
  { width, height }: { readonly width: number; readonly height: number },
  aspectRatios: readonly number[],
): readonly SmartCrop[] {
  const chosen = Math.min(Math.max(width / height, LEAST_CHOSEN), MOST_CHOSEN);
  const wanted = aspectRatios.length > 0 ? aspectRatios : [Math.round(chosen * 100) / 100];
  return wanted.map((aspectRatio) => {
    const w = Math.min(width, Math.max(1, Math.round(height * aspectRatio)));
    const h = Math.min(height, Math.max(1, Math.round(width / aspectRatio)));
    return { aspectRatio, boundingBox: { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), w, h } };
  });
}
