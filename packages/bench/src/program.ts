/** Runs a script as this process: it ends with the code that the work gives, or with 1 and what was thrown in words. */
export function runAsProgram(work: () => Promise<number>): void {
  work().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    },
  );
}
