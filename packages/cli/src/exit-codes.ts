/** What the process says to the script that called it. Stable: docs/command-line.md lists the same. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  /** The run that was followed ended Failed or Cancelled. */
  runFailed: 3,
  /** The run that was followed ended CompletedWithErrors. */
  runHadErrors: 4,
  notFound: 5,
  auth: 6,
  /** The API does not answer, or not in time. */
  unreachable: 7,
  conflict: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0 ok                     5 not found
  1 unexpected             6 not allowed
  2 wrong usage            7 unreachable, or not in time
  3 run failed, cancelled  8 conflict, such as a run that is active already
  4 run had errors         130 interrupted`;
