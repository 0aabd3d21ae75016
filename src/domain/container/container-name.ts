import { SYSTEM_BLOB_CONTAINERS } from '../../names';
import { defined } from '../defined';
import { AppError } from '../errors';

/**
 * Blob container names: 3 to 63 letters, digits and single dashes, lower case, starting and ending with a letter or
 * digit. Source: "Naming and Referencing Containers, Blobs, and Metadata". The container is the only thing a caller
 * chooses; account and host come from configuration.
 */
const NAME = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Names of Azure's own form that hold what users put there: the root container and the static website. The others
 * (`$logs`, `$blobchangefeed`, `$changefeed`) are written by the storage service.
 */
const USERS_OWN: ReadonlySet<string> = new Set(['$root', '$web']);

const SYSTEM: ReadonlySet<string> = new Set(Object.values(SYSTEM_BLOB_CONTAINERS));

/** A container that may be analysed, as far as its name says. */
export function isContainerName(name: string): boolean {
  return USERS_OWN.has(name) || (NAME.test(name) && !SYSTEM.has(name));
}

/**
 * `pointer`: where in a request the name stands.
 *
 * @throws AppError `invalid-container-name` or `system-container` with the cure in the message.
 */
export function checkContainerName(name: string, pointer?: string): void {
  if (isContainerName(name)) return;
  const context = defined({ pointer });
  if (SYSTEM.has(name) || name.startsWith('$')) {
    throw new AppError('system-container', `'${name}' belongs to the system; name a container of your own.`, {
      context,
    });
  }
  throw new AppError(
    'invalid-container-name',
    'A container name has 3 to 63 lower-case letters, digits and single dashes, and starts and ends with a letter or digit.',
    { context },
  );
}
