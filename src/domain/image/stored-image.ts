import { storedShapes } from '../stored';
import type { ImageDocument, StoredImage } from './image';

/** The document of an image as the result store has it, whole or as the part that work on it needs. */

export const STORED_DOCUMENT = storedShapes<ImageDocument>('The document of this image', [
  (stored: ImageDocument) => stored,
]);

export const STORED_IMAGE = storedShapes<StoredImage>('The document of this image', [(stored: StoredImage) => stored]);
