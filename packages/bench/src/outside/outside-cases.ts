import { BLOB_CASES } from './blob-cases';
import { FOLDER_CASES } from './folder-cases';
import { ID_CASES } from './id-cases';
import type { OutsideCase } from './outside-case';
import { REFUSAL_CASES } from './refusal-cases';
import { SERVICE_CASES } from './service-cases';
import { SETTINGS_CASES } from './settings-cases';
import { STOP_CASES } from './stop-cases';

/** Everything that people outside have met, in the order in which it is played. */
export const OUTSIDE_CASES: readonly OutsideCase[] = [
  ...REFUSAL_CASES,
  ...STOP_CASES,
  ...FOLDER_CASES,
  ...BLOB_CASES,
  ...ID_CASES,
  ...SETTINGS_CASES,
  ...SERVICE_CASES,
];
