import { storedShapes } from '../stored';
import type { Watch } from './watch';

export const STORED_WATCH = storedShapes<Watch>('The watch of this container', [(stored: Watch) => stored]);
