/**
 * Group commit: the writes that arrive in one turn of the event loop share one SQLite transaction.
 *
 * W1 A write's promise settles only after the transaction that holds it was committed: what is acknowledged is in the file.
 * W2 A write that throws leaves nothing behind, and its neighbours in the transaction are not touched.
 * W3 Nothing is read between BEGIN and COMMIT from outside: a flush is one synchronous stretch.
 */
export interface TransactionalDatabase {
  exec(sql: string): unknown;
}

interface Waiting {
  run(): void;
  /** Called after the commit (W1), or with the failure of the whole transaction. */
  settle(failure: unknown): void;
}

export class WriteQueue {
  private waiting: Waiting[] = [];
  private scheduled: NodeJS.Immediate | undefined;
  /** Whether the file refused a write since the last `trust`; refusals of the protocol do not count. */
  hasFailed = false;

  constructor(private readonly database: TransactionalDatabase) {}

  /** Runs `work` inside the next transaction. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let outcome: { value: T } | { error: unknown } | undefined;
      this.waiting.push({
        run: () => {
          outcome = this.attempt(work);
        },
        settle: (failure) => {
          if (failure !== undefined || outcome === undefined) reject(failure);
          else if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        },
      });
      this.scheduled ??= setImmediate(() => this.flush());
    });
  }

  /** Forgets a failure: a write as large as any went through. */
  trust(): void {
    this.hasFailed = false;
  }

  /** Commits what is waiting now. */
  flush(): void {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.scheduled = undefined;
    const group = this.waiting;
    if (group.length === 0) return;
    this.waiting = [];
    let failure: unknown;
    try {
      this.database.exec('BEGIN IMMEDIATE');
      for (const write of group) write.run();
      this.database.exec('COMMIT');
    } catch (error) {
      failure = error;
      this.hasFailed = true;
      this.rollBack();
    }
    for (const write of group) write.settle(failure);
  }

  /** W2 */
  private attempt<T>(work: () => T): { value: T } | { error: unknown } {
    this.database.exec('SAVEPOINT one_write');
    try {
      const value = work();
      this.database.exec('RELEASE one_write');
      return { value };
    } catch (error) {
      if (isFileFailure(error)) this.hasFailed = true;
      this.database.exec('ROLLBACK TO one_write');
      this.database.exec('RELEASE one_write');
      return { error };
    }
  }

  private rollBack(): void {
    try {
      this.database.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled the transaction back by itself (disk full, I/O error).
    }
  }
}

const isFileFailure = (error: unknown): boolean =>
  String((error as { readonly code?: unknown } | null)?.code ?? '').startsWith('SQLITE_');
