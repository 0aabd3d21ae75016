/** Something a person can act on: one sentence that says what is wrong and one that says what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly sentence: string,
    readonly cure: string,
    /** 2 = the configuration or the way of starting is wrong; 1 = everything else. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(`${sentence} ${cure}`);
  }
}

/** Fence the errors of the file system that a person can cure into a Problem; anything else is returned as it is. */
export function asFileProblem(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Problem(`The disk is full: ${path} cannot be written.`, 'Free some space and start again.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Problem(
        `${path} cannot be read and written by this user.`,
        'Repair its permissions, or set CONTACTSHEET_HOME to a folder of your own.',
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new Problem(
        `${path} is in the way: a folder is needed there.`,
        'Move it, or set CONTACTSHEET_HOME to another folder.',
      );
    default:
      return error;
  }
}

/** `ENOENT` and the like. By shape, not by class: under Jest the errors of Node belong to another realm. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
