import { SYSTEM_BLOB_CONTAINERS } from '../../names';
import { AppError } from '../errors';

/**
 * Blob container names: 3 to 63 letters, digits and single dashes, lower case, starting and ending with a letter or
 * digit. Source: "Naming and Referencing Containers, Blobs, and Metadata". The container is the only thing a caller
 * chooses; account and host come from configuration.
 */
const NAME = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** A container that may be analysed, as far as its name says. */
export function isContainerName(name: string): boolean {
  return NAME.test(name) && !Object.values(SYSTEM_BLOB_CONTAINERS).includes(name as never);
}

/**
 * `pointer`: where in a request the name stands.
 *
 * @throws AppError `invalid-container-name` or `system-container` with the cure in the message.
 */
export function checkContainerName(name: string, pointer?: string): void {
  const context = pointer === undefined ? {} : { pointer };
  if (Object.values(SYSTEM_BLOB_CONTAINERS).includes(name as never) || name.startsWith('$')) {
    throw new AppError('system-container', `'${name}' belongs to the system; name a container of your own.`, {
      context,
    });
  }
  if (!NAME.test(name)) {
    throw new AppError(
      'invalid-container-name',
      'A container name has 3 to 63 lower-case letters, digits and single dashes, and starts and ends with a letter or digit.',
      { context },
    );
  }
}
