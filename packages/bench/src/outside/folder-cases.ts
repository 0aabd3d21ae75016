import { defined } from 'contactsheet/contract';
import type { OutsideCase } from './outside-case';
import type { Place, Run } from './place';

const IS_FOLDER = { hdi_isfolder: 'true' };

/** An empty blob with a folder's name, photos put below it later, and then a photo that is really deleted. */
function markerBefore(form: string, marker: string, metadata?: Record<string, string>): OutsideCase {
  const folder = marker.replace(/(?:\/|_\$folder\$)$/, '');
  const photos = Array.from({ length: 4 }, (_, n) => `${folder}/photo-${n}.jpg`);
  return {
    kind: 'folders',
    name: form,
    arrange: async (place) => {
      await place.pictures(['first.jpg']);
      await place.put(marker, new Uint8Array(), defined({ metadata }));
    },
    see: async (place) => {
      await place.run();
      await place.pictures(photos);
      const second = await place.run();
      await place.remove(photos.slice(0, 1));
      const third = await place.run();
      return {
        second: { status: second.status, missing: second.quote?.images.missing, succeeded: second.counts.succeeded },
        third: { status: third.status, removed: third.removed },
        images: await present(place),
      };
    },
    expected: {
      second: { status: 'Completed', missing: 0, succeeded: 4 },
      third: { status: 'Completed', removed: 1 },
      images: [...photos.slice(1), 'first.jpg'].sort(),
    },
  };
}

/** Names of the images that are not removed. */
async function present(place: Place): Promise<string[]> {
  const found = Object.entries(await place.images());
  return found.flatMap(([name, state]) => (state.startsWith('removed') ? [] : [name])).sort();
}

async function seePageBound(place: Place): Promise<unknown> {
  const first = await place.run({ withinMs: 240_000 });
  const second = await place.run({ withinMs: 240_000 });
  return {
    total: first.counts.total,
    skipped: first.counts.skipped,
    again: { status: second.status, missing: second.quote?.images.missing, unchanged: second.counts.unchanged },
  };
}

/** A page lists 2,000 blobs: the marker is the last of the first page, its photos begin the second. */
const PAGE = 2_000;

export const FOLDER_CASES: readonly OutsideCase[] = [
  { ...markerBefore('an empty blob with hdi_isfolder', 'album', IS_FOLDER), isTested: true },
  { ...markerBefore('an empty blob without any mark', 'album'), isTested: true },
  markerBefore('an empty blob with Hdi_isfolder', 'album', { Hdi_isfolder: 'True' }),
  markerBefore('an empty blob that ends in a slash', 'album/'),
  markerBefore('an empty blob that ends in _$folder$', 'album_$folder$'),
  markerBefore('an empty blob two folders deep', 'year/album'),
  {
    kind: 'folders',
    name: 'a marker that comes after its photos, and goes again',
    arrange: (place) => place.pictures(['album/1.jpg', 'album/2.jpg']),
    see: async (place) => {
      await place.run();
      await place.put('album', new Uint8Array(), { metadata: IS_FOLDER });
      const withMarker = await place.run();
      await place.remove(['album']);
      const without = await place.run();
      const told = ({ status, quote, counts }: Run) => [status, quote?.images.missing, counts.unchanged];
      return { withMarker: told(withMarker), without: told(without), images: await present(place) };
    },
    expected: {
      withMarker: ['Completed', 0, 2],
      without: ['Completed', 0, 2],
      images: ['album/1.jpg', 'album/2.jpg'],
    },
  },
  {
    kind: 'folders',
    name: 'an empty blob with the name of a photo, and its bytes later',
    arrange: async (place) => {
      await place.pictures(['first.jpg']);
      await place.put('photo.jpg', new Uint8Array(), { contentType: 'image/jpeg' });
    },
    see: async (place) => {
      await place.run();
      const empty = await place.images();
      await place.pictures(['unused.jpg', 'photo.jpg']);
      const { status, quote } = await place.run();
      return { empty, status, missing: quote?.images.missing, later: await place.images() };
    },
    expected: {
      empty: { 'first.jpg': 'succeeded', 'photo.jpg': 'skipped: empty' },
      ...{ status: 'Completed', missing: 0 },
      later: { 'first.jpg': 'succeeded', 'photo.jpg': 'succeeded' },
    },
  },
  {
    kind: 'folders',
    name: 'nothing but markers',
    isTested: true,
    arrange: async (place) => {
      await place.put('a', new Uint8Array(), { metadata: IS_FOLDER });
      await place.put('a/b', new Uint8Array(), { metadata: IS_FOLDER });
      await place.put('c/', new Uint8Array());
    },
    see: async (place) => {
      const { status, calls, counts } = await place.run();
      return { status, calls, total: counts.total, images: await present(place) };
    },
    expected: { status: 'Completed', calls: 0, total: 0, images: [] },
  },
  {
    kind: 'folders',
    name: 'a marker on the bound of a page',
    isSlow: true,
    arrange: async (place) => {
      const before = Array.from({ length: PAGE - 1 }, (_, n) => `a-${String(n).padStart(4, '0')}.jpg`);
      await place.pictures([...before, 'b/photo.jpg']);
      await place.put('b', new Uint8Array());
    },
    see: seePageBound,
    expected: { total: PAGE, skipped: 0, again: { status: 'Completed', missing: 0, unchanged: PAGE } },
  },
];
