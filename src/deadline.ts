/**
 * The answer, if it comes in time. The work goes on after its deadline: pass a signal to what can be ended.
 *
 * @throws what `late` makes after so many milliseconds; what the work throws before
 */
export async function within<T>(
  ms: number,
  work: Promise<T>,
  late: () => Error = () => new Error('no answer in time'),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
