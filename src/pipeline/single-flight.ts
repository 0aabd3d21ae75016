/**
 * Callers that ask the same at once share one answer. An actor answers one caller at a time, so the work on a run waits
 * behind its readers. Without this, twenty readers a second slow a run down on a busy machine.
 *
 * I1 What an asker hears was asked after he came: whatever he has done before shows in it.
 * I2 At most one question a key is under way; who comes meanwhile shares the next one.
 */
export function singleFlight<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const underWay = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<T>>();

  function start(key: string): Promise<T> {
    const answer = ask(key);
    const over: Promise<void> = answer.then(
      () => forget(key, over),
      () => forget(key, over),
    );
    underWay.set(key, over);
    return answer;
  }

  function forget(key: string, over: Promise<void>): void {
    if (underWay.get(key) === over) underWay.delete(key);
  }

  return (key) => {
    const shared = next.get(key);
    if (shared !== undefined) return shared;
    const before = underWay.get(key);
    if (before === undefined) return start(key);
    const waiting = before.then(() => {
      next.delete(key);
      return start(key);
    });
    next.set(key, waiting);
    return waiting;
  };
}
