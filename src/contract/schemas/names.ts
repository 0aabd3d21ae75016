import { z } from 'zod';
import { checkContainerName } from '../../domain/container/container-name';
import { AppError } from '../../domain/errors';
import { INSTANCE_ID_PATTERN, isInstanceId } from '../../domain/run/instance-id';
import { SYSTEM_BLOB_CONTAINERS } from '../../names';
import type { ProblemCode } from '../problems';
import { blobText } from './values';

/**
 * Names that callers choose or repeat.
 *
 * I1 A name that is wrong in a way of its own carries the code of its problem: `params.code` of the issue.
 */
export interface CodedIssue {
  readonly code: ProblemCode;
}

/** What `isContainerName` takes, in words that every engine of regular expressions knows: so without a look ahead. */
const CONTAINER_NAME = {
  type: 'string',
  minLength: 3,
  maxLength: 63,
  pattern: '^(\\$root|\\$web|[a-z0-9](-?[a-z0-9])+)$',
  not: { enum: Object.values(SYSTEM_BLOB_CONTAINERS) },
};

export const ContainerName = z
  .string()
  .superRefine((name, issues) => {
    try {
      checkContainerName(name);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      issues.addIssue({ code: 'custom', message: error.message, params: { code: error.code } satisfies CodedIssue });
    }
  })
  .meta({
    description: `Name of a blob container. ${Object.values(SYSTEM_BLOB_CONTAINERS).join(', ')} belong to the system.`,
    shownAs: CONTAINER_NAME,
  });

/** An id in a path: what no run can have is not found. */
export const RunIdInPath = z
  .string()
  .refine(isInstanceId, {
    error: 'No run has this id: it has 1 to 100 characters and none of / \\ # ?.',
    params: { code: 'run-not-found' } satisfies CodedIssue,
  })
  .meta({
    description:
      'Id of a run: the one that its start chose, else a UUID v7 in hexadecimal without dashes. Case counts.',
    shownAs: INSTANCE_ID_PATTERN,
  });

/** The name of a blob as one segment of a path. */
export const BlobName = blobText.min(1).meta({ description: 'Blob name, percent-encoded whole: a%2Fb.jpg.' });

export const inContainer = z.object({ container: ContainerName });
export const ofRun = z.object({ id: RunIdInPath });
