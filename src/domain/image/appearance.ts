import type { ListedBlob, StoredImage } from './image';

/**
 * What a blob looks like before anybody has read it: what a quote prices.
 *
 * I1 An estimate and no verdict: a run reads the bytes of every blob, whatever it looks like.
 * I2 What is known of the same bytes outranks name and content type.
 * I3 Where name and content type disagree, or say nothing, it is taken for an image on suspicion.
 */
export type Appearance =
  | 'image'
  /** Priced, though neither name nor content type tells. */
  | 'uncertain'
  /** Not priced; also the reason that a run will most likely find. */
  | 'not-an-image'
  | 'unsupported-format';

export type Unpriced = Exclude<Appearance, 'image' | 'uncertain'>;

export function isUnpriced(appearance: Appearance): appearance is Unpriced {
  return appearance === 'not-an-image' || appearance === 'unsupported-format';
}

type Looks = Pick<ListedBlob, 'name' | 'contentType'>;
type Known = Pick<StoredImage, 'etag' | 'status' | 'reason' | 'error'>;

/** `formats`: those that Vision takes, as in `ImageLimits`. */
export function appearanceOf(
  blob: Looks & Pick<ListedBlob, 'etag'>,
  stored: Known | undefined,
  formats: readonly string[],
): Appearance {
  return (stored?.etag === blob.etag ? knownAppearance(stored) : undefined) ?? listedAppearance(blob, formats);
}

/** I2. A format that one version of Vision refuses another may take, so that is asked of name and content type again. */
function knownAppearance({ status, reason, error }: Known): Appearance | undefined {
  if (status === 'succeeded' || (status === 'failed' && error?.stage === 'vision')) return 'image';
  return status === 'skipped' && reason === 'not-an-image' ? 'not-an-image' : undefined;
}

export function listedAppearance({ name, contentType = '' }: Looks, formats: readonly string[]): Appearance {
  const named = signOf(formatOfName(name), formats);
  const typed = signOf(formatOfType(contentType.toLowerCase().split(';', 1)[0]?.trim() ?? ''), formats);
  if (named === undefined) return soleAppearance(typed);
  if (typed === undefined) return soleAppearance(named);
  if (named === 'taken' && typed === 'taken') return 'image';
  if (named === 'taken' || typed === 'taken') return 'uncertain'; // I3
  return named === 'picture' || typed === 'picture' ? 'unsupported-format' : 'not-an-image';
}

/** A picture that Vision takes, one that it does not, or something else; undefined: no word on it. */
type Sign = 'taken' | 'picture' | 'other' | undefined;

function signOf(format: string | undefined, formats: readonly string[]): Sign {
  if (format === undefined || format === OTHER) return format === OTHER ? 'other' : undefined;
  return formats.includes(format) ? 'taken' : 'picture';
}

function soleAppearance(sign: Sign): Appearance {
  switch (sign) {
    case 'taken':
      return 'image';
    case 'picture':
      return 'unsupported-format';
    case 'other':
      return 'not-an-image';
    default:
      return 'uncertain';
  }
}

const OTHER = 'other';

function formatOfName(name: string): string | undefined {
  const file = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  if (NAMES_OF_OTHERS.has(file)) return OTHER;
  const dot = file.lastIndexOf('.');
  // `._photo.jpg` is what macOS keeps beside a photo on a foreign disk; `.jpg` is a name without an extension.
  if (dot <= 0 || file.startsWith('._')) return undefined;
  return FORMAT_OF_EXTENSION.get(file.slice(dot + 1));
}

/** Left in folders of photos by file systems and tools. */
const NAMES_OF_OTHERS: ReadonlySet<string> = new Set(['.ds_store', 'thumbs.db', 'desktop.ini', '.picasa.ini']);

function rows(table: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(table).flatMap(([format, words]) =>
    words.split(' ').map((word): [string, string] => [word, format]),
  );
}

/** Formats as ImageLimits names them; `unsupported` for pictures that no Vision takes. */
const FORMAT_OF_EXTENSION: ReadonlyMap<string, string> = new Map(
  rows({
    jpeg: 'jpg jpeg jpe jfif jif mpo',
    png: 'png apng',
    gif: 'gif',
    bmp: 'bmp dib',
    webp: 'webp',
    ico: 'ico',
    tiff: 'tif tiff',
    unsupported:
      'heic heif hif avif jxl jp2 j2k jpx jxr svg svgz psd psb xcf eps ai pcx tga exr hdr dds djvu wmf emf cur icns ' +
      'raw dng cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef x3f 3fr iiq rwl srw mrw erf kdc dcr mos pdf',
    [OTHER]:
      'json jsonl ndjson geojson xml xmp txt text md csv tsv log ini cfg conf yaml yml toml html htm xhtml css js mjs cjs ' +
      'ts map wasm url webloc lnk aae thm lrv dat db sqlite sqlite3 parquet avro orc doc docx xls xlsx ppt pptx odt ods ' +
      'odp rtf epub zip gz tgz bz2 xz zst tar 7z rar iso dmg pkg deb rpm jar exe dll so bin msi sh bat ps1 py rb go java ' +
      'c h cpp cs php sql mp4 m4v mov avi mkv webm wmv flv mpg mpeg mts m2ts 3gp ogv mp3 m4a aac wav flac ogg oga opus ' +
      'wma aif aiff mid midi srt vtt gpx kml kmz tcx fit ttf otf woff woff2 eot pem crt cer key p12 pfx sig asc md5 sha1 ' +
      'sha256 torrent bak tmp part crdownload lock ics vcf eml msg mbox',
  }),
);

const FORMAT_OF_TYPE: ReadonlyMap<string, string> = new Map(
  rows({
    jpeg: 'image/jpeg image/jpg image/pjpeg',
    png: 'image/png image/x-png image/apng',
    gif: 'image/gif',
    bmp: 'image/bmp image/x-bmp image/x-ms-bmp image/x-windows-bmp',
    webp: 'image/webp',
    ico: 'image/x-icon image/vnd.microsoft.icon',
    tiff: 'image/tiff',
    [OTHER]:
      'application/json application/ld+json application/geo+json application/x-ndjson application/xml application/pdf ' +
      'application/zip application/gzip application/x-gzip application/x-tar application/x-7z-compressed ' +
      'application/javascript application/x-javascript application/yaml application/x-yaml application/rtf ' +
      'application/rdf+xml application/sql application/msword application/wasm application/vnd.ms-excel ' +
      'application/vnd.ms-powerpoint application/x-sqlite3 application/vnd.sqlite3 application/vnd.apache.parquet',
  }),
);

const TYPES_OF_OTHERS =
  /^(?:text|video|audio|font|message|model)\/|^application\/vnd\.openxmlformats-|^application\/.*\+(?:json|xml)$/;

/** What says nothing, such as the `application/octet-stream` of an upload without a type, is undefined. */
function formatOfType(type: string): string | undefined {
  const known = FORMAT_OF_TYPE.get(type);
  if (known !== undefined) return known;
  if (type.startsWith('image/')) return 'unsupported';
  return TYPES_OF_OTHERS.test(type) ? OTHER : undefined;
}
