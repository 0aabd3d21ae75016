import { Logger } from '@dapr/dapr/logger/Logger';

/**
 * The engine of @dapr/dapr 3.18.0 makes its loggers without the options it was given and prints five INFO lines a work
 * item to the console. Warnings and errors stay: `Work item queue full` is one of them.
 */
export function quietEngine(): void {
  const { info } = Logger.prototype;
  Logger.prototype.info = function quiet(this: Logger, ...words: Parameters<typeof info>) {
    if ((this as unknown as { readonly component: string }).component !== 'DurableTask') info.apply(this, words);
  };
}
