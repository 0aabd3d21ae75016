import type { Recognition, Shown } from '../../domain/access/recognition';

/**
 * One way to identify a caller.
 *
 * I1 `absent` is answered only where nothing of its kind is shown, so that the next way may be asked.
 * I2 A reason tells a guesser nothing: an unknown id and a wrong secret sound the same.
 */
export interface IdentitySource {
  /** @throws AppError identity-unavailable, retryable */
  recognize(shown: Shown): Promise<Exclude<Recognition, { readonly kind: 'limited' }>>;
}
